import { spawnSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { temporaryFolders } from '#platform/git/repository-folders.ts';
import { gitRunner } from '#platform/git/run-git.ts';
import { createGitRepository } from '#testing/builders/git-repository.ts';
import { fakePullRequest, fakeRepository } from '#testing/fakes/github/repository.ts';
import { githubRig } from '#testing/rigs/github-rig.ts';
import { examples, fc } from '#testing/runners/fuzzing.ts';
import { drawChanges } from './draw.ts';
import { toGroundTruth } from './eligibility.ts';
import { fileSource, serializeGroundTruth } from './file.ts';
import { gitSource } from './git/git.ts';
import { parseHistory } from './git/history.ts';
import type { DrawRequest } from './source.ts';

/** What `ingest` writes, `verify` reads: the same records in the same order. */

const request: DrawRequest = { limit: 500, reserve: 0, seed: 's', since: null, label: null };
const readBack = async (drawn: GroundTruth[]) =>
  (await fileSource({ readText: async () => serializeGroundTruth(drawn), path: 'x' }).draw(request)).drawn;

const diffOf = (path: string, lines: string[]) =>
  [
    `diff --git a/${path} b/${path}`,
    `--- a/${path}`,
    `+++ b/${path}`,
    `@@ -0,0 +1,${lines.length} @@`,
    ...lines.map((line) => `+${line}`),
    '',
  ].join('\n');

/** Text as repositories have it: any bytes, and what breaks lines, JSON and terminals. */
const oddBytes = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0))),
  fc
    .array(
      fc.constantFrom(
        '\r',
        '\n',
        '\u2028',
        '\u0085',
        '\u001b[31m',
        '\u202e',
        '\ufeff',
        '"',
        '\\',
        '(#1)',
        "Merge branch 'x'",
        '😀',
        ' ',
      ),
      { maxLength: 12 },
    )
    .map((parts) => Buffer.from(parts.join(''))),
);
const seconds = fc.oneof(
  fc.integer({ min: -100_000_000_000, max: 400_000_000_000 }).map(String),
  fc.constantFrom(
    '0',
    '-1',
    '253402300799',
    '253402300800',
    '9007199254740993',
    '18446744073709551615',
    '',
    'x',
  ),
);

test('any commit that can be drawn is read back as it was written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ message: oddBytes, author: oddBytes, seconds, merge: fc.boolean() }), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { minLength: 3, maxLength: 20 }),
      async (commits, lines) => {
        const output = Buffer.concat(
          commits.flatMap(({ message, author, seconds: time, merge }, at) => [
            Buffer.from(
              `commit x\n${String(at).padStart(40, 'a')}\0${merge ? `${'b'.repeat(40)} ${'c'.repeat(40)}` : ''}\0`,
            ),
            Buffer.from(author.filter((byte) => byte !== 0 && byte !== 10)),
            Buffer.from(`\0${time}\0`),
            Buffer.from(message.filter((byte) => byte !== 0)),
            Buffer.from('\0\n'),
          ]),
        );
        const diff = diffOf(
          'a.ts',
          lines.map((line) => line.replaceAll('\n', ' ')),
        );
        const drawn = parseHistory(output).flatMap((commit) => {
          if (commit.committedAt === null) return [];
          const record = toGroundTruth(
            {
              id: commit.id,
              title: commit.title ?? '',
              description: commit.description,
              mergedAt: commit.committedAt,
              mergeCommit: commit.hash,
              labels: [],
              author: commit.author,
              url: null,
              repository: 'widgets',
            },
            diff,
          );
          return 'excluded' in record ? [] : [record];
        });
        if (drawn.length === 0) return;
        const { drawn: ordered } = await drawChanges({
          candidates: drawn,
          load: async (record) => record,
          request,
          source: 'x',
          isPrivate: false,
        });
        expect(await readBack(ordered)).toEqual(ordered);
      },
    ),
    examples(300),
  );
});

test('a diff that was cut is read back with its marks and all its files', async () => {
  const long = Array.from({ length: 3_000 }, (_, at) => `const value${at} = ${at}; // ${'x'.repeat(30)}`);
  const diffs = [
    // Beyond the limit: a hunk of its own, many hunks, many files.
    diffOf('one.ts', long),
    Array.from({ length: 40 }, (_, at) => diffOf(`file${at}.ts`, long.slice(0, 100))).join(''),
    Array.from({ length: 3_000 }, (_, at) =>
      diffOf(`folder/file-with-a-long-name-${at}.ts`, ['a', 'b', 'c']),
    ).join(''),
  ];
  const drawn = diffs.map((diff, at) => {
    const record = toGroundTruth(
      {
        id: `${at}`,
        title: 'T',
        description: '',
        mergedAt: '2025-01-01T00:00:00.000Z',
        mergeCommit: null,
        labels: [],
        author: null,
        url: null,
        repository: 'r',
      },
      diff,
    );
    return 'excluded' in record ? expect.unreachable(record.excluded) : record;
  });
  expect(drawn.every(({ diff }) => diff.includes('[cut: '))).toBe(true);
  const read = await readBack(drawn);
  expect(read.toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual(drawn);
});

test('a repository with odd commits is read back as it was written', async () => {
  const repo = createGitRepository();
  onTestFinished(() => repo.remove());
  const hash = (input: Buffer | string, kind: string) => {
    const done = spawnSync(
      'git',
      ['-C', repo.path, 'hash-object', '-t', kind, '-w', '--stdin', '--literally'],
      { input },
    );
    expect(done.status).toBe(0);
    return done.stdout.toString().trim();
  };
  const odd: [time: string, author: Buffer, message: Buffer][] = [
    ['1767225600 +0000', Buffer.from('Ada <a@b>'), Buffer.from('Plain\n')],
    ['253402300800 +0000', Buffer.from('Ada <a@b>'), Buffer.from('In the year 10000\n')],
    ['-86400 +0000', Buffer.from('Ada <a@b>'), Buffer.from('Before 1970\n')],
    ['99999999999999999999 +0000', Buffer.from('Ada <a@b>'), Buffer.from('Beyond 64 bits\n')],
    ['0 +9999', Buffer.from('Ada <a@b>'), Buffer.from('An odd zone\n')],
    ['1767225600 +0000', Buffer.from(' <>'), Buffer.from('No author\n')],
    ['1767225600 +0000', Buffer.from('A\x01\x1b[31m\u202eda "x" \\ <a@b>'), Buffer.from('\n')],
    [
      '1767225600 +0000',
      Buffer.from([0xff, 0xfe, 0x41, 0x20, 0x3c, 0x61, 0x3e]),
      Buffer.from([0xed, 0xa0, 0x80, 0xc3, 0x28, 0x0a]),
    ],
    ['1767225600 +0000', Buffer.from('Ada <a@b>'), Buffer.from('')],
    [
      '1767225600 +0000',
      Buffer.from('Ada <a@b>'),
      Buffer.from(`${'long '.repeat(30_000)}\n\n${'body\r\n'.repeat(20_000)}`),
    ],
    ['1767225600 +0000', Buffer.from('Ada <a@b>'), Buffer.from('\u2028\u0085\ufeff (#1)\n')],
    ['1767225600 +0000', Buffer.from('Ada <a@b>'), Buffer.from('Twice (#1)\n')],
  ];
  let parent: string | null = null;
  for (const [at, [time, author, message]] of odd.entries()) {
    repo.commit({
      message: 'only for its tree',
      files: { [`${at}/ä "b"\t\n.ts`]: `one ${at}\ntwo\nthree\n\u0001\n` },
    });
    const tree = repo.git('rev-parse', 'HEAD^{tree}');
    parent = hash(
      Buffer.concat([
        Buffer.from(`tree ${tree}\n${parent === null ? '' : `parent ${parent}\n`}author `),
        author,
        Buffer.from(` ${time}\ncommitter `),
        author,
        Buffer.from(` ${time}\n\n`),
        message,
      ]),
      'commit',
    );
  }
  repo.git('update-ref', 'refs/heads/main', parent ?? '');
  const runGit = gitRunner({ searchPath: process.env.PATH ?? '' });
  const { drawn } = await gitSource({ ...temporaryFolders, runGit, path: repo.path, name: 'widgets' }).draw(
    request,
  );
  expect(drawn.length).toBeGreaterThanOrEqual(9);
  expect(await readBack(drawn)).toEqual(drawn);
});

test('odd pull requests of GitHub are read back as they were written', async () => {
  const { fake, source } = await githubRig();
  fake.repositories.push(
    fakeRepository({
      pulls: [
        fakePullRequest({
          number: 1,
          title: '\ud800 lone \0 \u001b',
          body: '\udfff\u2028',
          author: 'a\0b',
          labels: ['l\0', '\ud800'],
        }),
        // The year 10000 in UTC, and a leap second.
        fakePullRequest({ number: 2, mergedAt: '9999-12-31T23:59:59-12:00' }),
        fakePullRequest({ number: 3, mergedAt: '0001-01-01T00:00:00+12:00' }),
        fakePullRequest({ number: 4, title: '', body: null, author: null, mergeCommit: null }),
        fakePullRequest({ number: 5, mergedAt: '9999-12-31T23:59:59Z' }),
      ],
    }),
  );
  const { drawn, excluded } = await source().draw(request);
  expect(drawn.map(({ id }) => id).sort()).toEqual(['1', '4', '5']);
  expect(excluded).toEqual({ unreadable: 2 });
  expect(await readBack(drawn)).toEqual(drawn);
});
