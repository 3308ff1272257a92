import type { ExclusionReason } from '#contracts/ground-truth.ts';
import { configEnvironment, type GitOutcome } from './runner.ts';

/** git in one repository. */
export type Git = (args: string[], bounds: { timeoutMs: number; maxBytes: number }) => Promise<GitOutcome>;

const diffTimeoutMs = 60_000;
/** A diff beyond this is `too_large`; what is shown of a smaller one is cut to 100 KB later. */
const maxRawDiffBytes = 20_000_000;

/** Of git where it reads a repository: nothing of what the repository's owner configures is carried out. */
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

/** Everything that a user or a repository may configure is said here, so that one commit has one diff. */
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

/** The diff between two trees (or of `--root` and a commit), the same whatever anyone configures. */
export const readDiff = async (
  git: Git,
  trees: [string, string],
): Promise<Uint8Array | Extract<ExclusionReason, 'too_large' | 'unreadable'>> => {
  const diff = await git(['diff-tree', ...diffFlags, ...trees, '--'], {
    timeoutMs: diffTimeoutMs,
    maxBytes: maxRawDiffBytes,
  });
  // A diff that takes a minute is one that no one could be asked about.
  if (diff.stopped !== null) return 'too_large';
  return diff.code === 0 ? diff.stdout : 'unreadable';
};
