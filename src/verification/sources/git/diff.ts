import type { ExclusionReason } from '#contracts/ground-truth.ts';
import { configEnvironment, type GitOutcome } from './runner.ts';

/** Runs git in one repository. */
export type Git = (
  args: string[],
  bounds: { timeoutMs: number; maxBytes: number; input?: string },
) => Promise<GitOutcome>;

const diffTimeoutMs = 60_000;
/** A larger diff is `too_large`. A smaller one is later cut to 100 KB for display. */
const maxRawDiffBytes = 20_000_000;

/** Settings for reading a repository: nothing that its owner has configured runs. */
export const readingConfig = configEnvironment({
  // The repository's owner may be another user.
  'safe.directory': '*',
  'core.quotePath': 'false',
  'core.fsmonitor': 'false',
  'core.hooksPath': '/dev/null',
  'core.attributesFile': '/dev/null',
  'core.commitGraph': 'false',
  'core.bigFileThreshold': '20m',
  'i18n.logOutputEncoding': 'UTF-8',
});

/** States every option that a user or a repository may configure, so that one commit has one diff. */
const diffFlags = [
  '-p',
  '--no-commit-id',
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--submodule=short',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '--unified=3',
  '--inter-hunk-context=0',
  '--diff-algorithm=myers',
  '--indent-heuristic',
  '--find-renames=50%',
  '-l1000',
  '--no-relative',
];

/** git's words for an object that the repository lacks. */
export const missesObject = ({ stderr }: GitOutcome): boolean =>
  /unable to read|could not read|could not fetch|bad object|missing (?:blob|tree|commit)|not a valid object/i.test(
    stderr,
  );

/** The diff between two trees (or of `--root` and a commit), independent of all configuration. */
export const readDiff = async (
  git: Git,
  trees: [string, string],
): Promise<Uint8Array | Extract<ExclusionReason, 'too_large' | 'unreadable' | 'not_held'>> => {
  const diff = await git(['diff-tree', ...diffFlags, ...trees, '--'], {
    timeoutMs: diffTimeoutMs,
    maxBytes: maxRawDiffBytes,
  });
  // Nobody could be asked about a diff that takes a minute or gigabytes of memory to read.
  if (diff.stopped !== null) return 'too_large';
  if (diff.code === 0) return diff.stdout;
  return missesObject(diff) ? 'not_held' : 'unreadable';
};
