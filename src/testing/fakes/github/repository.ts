import { createHash } from 'node:crypto';

/** A pull request as the fake keeps it; times are RFC 3339. */
export type FakePullRequest = {
  number: number;
  title: string;
  body: string | null;
  author: string | null;
  labels: string[];
  createdAt: string;
  updatedAt: string;
  /** Null: closed without a merge. */
  mergedAt: string | null;
  mergeCommit: string | null;
  /** The last commit of the merged branch. Null: the fake has no git objects of it. */
  headSha: string | null;
  /** The list of files. By default it is empty. */
  files?: { filename: string; status: string; previous_filename?: string; patch?: string }[];
  /** `too_large` answers 406, as GitHub does beyond 20,000 lines; `missing` 404; a number that status, every time. */
  diff: string | Uint8Array | 'too_large' | 'missing' | 'hang_up' | number;
  /** Replaces fields of its entry in the list of pull requests. */
  listedAs?: Record<string, unknown>;
};

export type FakeRepository = {
  id: number;
  owner: string;
  name: string;
  private: boolean;
  /** In kilobytes. 0: nothing was ever pushed. */
  size: number;
  /** 451: taken down; 403: the token lacks a right. */
  blocked: 403 | 451 | null;
  /** Until then, in milliseconds since the epoch, whoever asks about it has used up their requests. */
  limitedUntil?: number;
  pulls: FakePullRequest[];
};

/** A pull request of three new lines, merged `number` hours into 2025, with the given fields replaced. */
export const fakePullRequest = (fields: Partial<FakePullRequest> & { number: number }): FakePullRequest => {
  const at = new Date(Date.UTC(2025, 0, 1) + fields.number * 3_600_000).toISOString().replace('.000Z', 'Z');
  const lines = ['one', 'two', 'three'].map((word) => `+const ${word}${fields.number} = ${fields.number};`);
  return {
    title: `Change ${fields.number}`,
    body: `What change ${fields.number} is for.`,
    author: 'ada',
    labels: [],
    createdAt: at,
    updatedAt: fields.mergedAt ?? at,
    mergedAt: at,
    mergeCommit: createHash('sha1').update(String(fields.number)).digest('hex'),
    headSha: null,
    diff: [
      `diff --git a/src/file${fields.number}.ts b/src/file${fields.number}.ts`,
      'new file mode 100644',
      'index 0000000..1c59427',
      '--- /dev/null',
      `+++ b/src/file${fields.number}.ts`,
      `@@ -0,0 +1,${lines.length} @@`,
      ...lines,
      '',
    ].join('\n'),
    ...fields,
  };
};

/** A repository with merged pull requests 1 to `count`, an hour apart. */
export const fakeRepository = (fields: Partial<FakeRepository> & { count?: number } = {}): FakeRepository => {
  const { count = 0, ...rest } = fields;
  return {
    id: 1001,
    owner: 'octo',
    name: 'widgets',
    private: false,
    size: 120,
    blocked: null,
    pulls: Array.from({ length: count }, (_, index) => fakePullRequest({ number: index + 1 })),
    ...rest,
  };
};
