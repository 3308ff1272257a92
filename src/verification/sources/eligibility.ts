import type { ExclusionReason, GroundTruth } from '#contracts/ground-truth.ts';
import { cutText, storableText } from '#contracts/text.ts';
import { cutDiff } from '../diff/cut-diff.ts';
import { isGeneratedPath } from '../diff/generated.ts';
import { type ParsedDiff, parseDiff } from '../diff/parse-diff.ts';

const minChangedLines = 3;

const dependencyBots = new Set([
  'dependabot',
  'dependabot-preview',
  'depfu',
  'greenkeeper',
  'greenkeeperio-bot',
  'mend-renovate',
  'pre-commit-ci',
  'pyup-bot',
  'renovate',
  'renovate-bot',
  'scala-steward',
  'snyk-bot',
  'whitesource-renovate',
]);
const bumpTitle = /^(?:[\w-]+(?:\([^)]*\))?!?:\s*)?(?:bump|update|upgrade|pin|lock file maintenance)\b/i;

/** True for a change by a dependency bot, or by any bot with a bump title. Bumps by people do not count. */
const isDependencyBump = (change: { author: string | null; title: string }): boolean => {
  const author = (change.author ?? '').trim().toLowerCase();
  const name = author.replace(/\[bot\]$/, '').replaceAll(' ', '-');
  return (
    dependencyBots.has(name) ||
    ((author.endsWith('[bot]') || name.endsWith('-bot')) && bumpTitle.test(change.title))
  );
};

/**
 * Why a change cannot serve (methodology, "One replay"), or null when it can. Only non-blank changed lines in files
 * that people write count: a version number beside its lock file is too small a change to ask about.
 */
const exclusionReason = (
  change: { author: string | null; title: string },
  diff: ParsedDiff,
): ExclusionReason | null => {
  if (diff.files.length === 0) return 'empty_diff';
  if (isDependencyBump(change)) return 'dependency_bump';
  const changed = diff.files.filter((file) => file.changedLines.length > 0);
  if (changed.length === 0 && diff.files.some((file) => file.binary)) return 'binary_only';
  const written = changed.filter((file) => !isGeneratedPath(file.path));
  if (changed.length > 0 && written.length === 0) return 'generated_only';
  const lines = written.flatMap((file) => file.changedLines).filter((line) => line.text.trim() !== '');
  return lines.length < minChangedLines ? 'too_small' : null;
};

/** GitHub's own limits, in UTF-16 units. Only texts from git and files can be longer. */
const maxTitleLength = 1_000;
const maxDescriptionLength = 65_536;

/**
 * One merged change as ground truth, or why it cannot serve. The diff is made storable, stripped of `index` lines and
 * cut to `maxDiffBytes`. Eligibility and the changed files are decided on the whole diff.
 */
export const toGroundTruth = (
  change: Omit<GroundTruth, 'diff' | 'filesChanged'>,
  diff: string | Uint8Array,
): GroundTruth | { excluded: ExclusionReason } => {
  const text = storableText(
    typeof diff === 'string' ? diff : new TextDecoder('utf-8', { ignoreBOM: true }).decode(diff),
  );
  const parsed = parseDiff(text);
  // There is text, but it is not a diff.
  if (parsed.files.length === 0 && text.trim() !== '') return { excluded: 'unreadable' };
  const title = cutText(storableText(change.title), maxTitleLength);
  const reason = exclusionReason({ author: change.author, title }, parsed);
  if (reason !== null) return { excluded: reason };
  const shown = cutDiff(text);
  if (shown.cut && exclusionReason({ author: null, title }, parseDiff(shown.diff)) !== null) {
    return { excluded: 'too_large' };
  }
  return {
    ...change,
    title,
    description: cutText(storableText(change.description), maxDescriptionLength),
    author: change.author === null ? null : storableText(change.author),
    labels: change.labels.map(storableText),
    diff: shown.diff,
    filesChanged: [...new Set(parsed.files.map((file) => file.path))],
  };
};
