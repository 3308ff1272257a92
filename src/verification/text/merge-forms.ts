/**
 * How forges, merge bots and git itself write a merge into a commit message. One row serves three purposes: it gives the
 * request's number and the change's title, and it says which line blinding withholds.
 *
 * Taken from the forges' documentation and sources: GitHub's merge and squash buttons and its merge queue, GitLab's
 * commit templates, Gitea's and Forgejo's `GetDefaultMergeMessage`, Gogs, Gitee, Pagure, RhodeCode, Bitbucket Cloud and
 * Data Center, Azure DevOps, Gerrit, Phabricator's `arc land`, Review Board, bors, homu, Mergify, and `git fmt-merge-msg`.
 */
type MergeForm = {
  of: string;
  /** Matches a whole line. Groups: `number` of the request, `title` of the change, `branch` that was merged. */
  line: RegExp;
  /** The words may also open a plain commit's message, so the form counts only for a commit with several parents. */
  mergesOnly?: boolean;
};

const request = String.raw`(?<number>\d{1,9})`;
const ref = String.raw`\S+`;

/** bors heads each request of a batch with this. */
const borsHeading: MergeForm = { of: 'bors', line: RegExp(`^${request}: (?<title>.+?) r=\\S+(?: a=\\S+)?$`) };

/** First lines, tried in this order. */
const subjectForms: MergeForm[] = [
  {
    of: 'Gitea, Forgejo',
    line: RegExp(`^Merge pull request '(?<title>.*)' \\([#!]${request}\\) from (?<branch>.+) into ${ref}$`),
  },
  { of: 'GitHub, Gogs', line: RegExp(`^Merge pull request #${request} from [^\\s/]+/(?<branch>${ref})$`) },
  {
    of: 'Bitbucket Server',
    line: RegExp(`^Merge pull request #${request} in ${ref} from (?<branch>${ref}) to ${ref}$`),
  },
  {
    of: 'Azure DevOps, RhodeCode',
    line: RegExp(`^Merge pull request !?${request} from (?<branch>.+?)(?: into ${ref})?$`),
  },
  { of: 'others that follow GitHub', line: RegExp(`^Merge pull request [#!]?${request}\\b.*$`) },
  { of: 'Bitbucket Cloud', line: RegExp(`^Merged? in (?<branch>.+) \\(pull request #${request}\\)$`) },
  { of: 'Bitbucket Data Center, Copybara', line: RegExp(`^(?:Pull request|PR) #${request}: (?<title>.*)$`) },
  { of: 'Azure DevOps', line: RegExp(`^Merged? (?:PR|pull request) #?${request}(?:: ?(?<title>.*))?$`) },
  { of: 'Pagure', line: RegExp(`^Merge #${request} \`(?<title>.*)\`$`) },
  { of: 'bors, Mergify', line: RegExp(`^(?:Merge|Try) (?:of )?#${request}:?$`) },
  { of: 'bors, a batch', line: /^(?:Merge|Try)(?: #\d{1,9}){2,}:?$/ },
  borsHeading,
  {
    of: 'homu',
    line: RegExp(
      `^(?:Auto|Rollup) merge of #${request} [-:] (?:[^\\s:/]+[:/])?(?<branch>[^\\s,]+), r=.*$`,
      'i',
    ),
  },
  { of: 'Gitee', line: RegExp(`^!${request} merge (?<branch>${ref}) into ${ref}$`) },
  { of: 'Gitee', line: RegExp(`^!${request} (?<title>.+)$`) },
  { of: 'Gerrit', line: /^Merge "(?<title>.*)"(?: into \S+)?$/ },
  { of: 'Gerrit, a topic', line: /^Merge changes from topics? ["'](?<branch>.*)["'](?: into \S+)?$/ },
  { of: 'Gerrit', line: /^Merge changes(?: into \S+| (?:I[0-9a-f]{7,40}(?:, ?|\b))+.*)$/ },
  { of: 'git', line: /^Merge (?:(?:remote-tracking |remote )?branch(?:es)?|tags?|topics?) (?<branch>'.*)$/ },
  { of: 'git', line: /^Merge commits? '.*$/ },
  { of: 'git', line: /^Merge (?:[a-z+]+:\/\/|\.\.?\/)\S*(?: into \S+)?$/ },
  { of: 'GitHub’s API', line: /^Merge (?<branch>\S+) into \S+$/, mergesOnly: true },
];

/** What a squash button appends to the title: `(#12)`, `(!12)`, `(g/p!12)`, `(GH-12)`, `(pull request #12)`. */
const squashSuffix = RegExp(
  `^(?<title>.*?)\\s*\\((?:(?:PR|pull request|merge request) ?)?(?:GH-|[\\w./-]{0,200}[#!])${request}\\)$`,
  'i',
);

/** Lines below the first that name the request. The last one counts: a cherry-pick keeps those of its origin. */
const bodyForms: MergeForm[] = [
  borsHeading,
  { of: 'GitLab', line: RegExp(`^See merge request \\S*(?:!|/merge_requests/)${request}$`) },
  { of: 'Gitee, Gogs', line: RegExp(`^Merge pull request [#!]${request} from .+$`) },
  { of: 'Gitea, Forgejo, Gerrit', line: RegExp(`^Reviewed-on: \\S*/${request}/?$`, 'i') },
  { of: 'Kitware’s robot', line: RegExp(`^Merge-request: !${request}$`, 'i') },
  { of: 'Phabricator', line: RegExp(`^Differential Revision: (?:\\S*/)?D${request}$`, 'i') },
  { of: 'Review Board', line: RegExp(`^Reviewed at \\S*/r/${request}/?$`, 'i') },
  { of: 'Node.js', line: RegExp(`^PR-URL: \\S*/${request}/?$`, 'i') },
  { of: 'PyTorch', line: RegExp(`^Pull[ -]Request(?: resolved)?: \\S*/${request}/?$`, 'i') },
  { of: 'Apache', line: RegExp(`^Closes #${request} from \\S+?\\.?$`, 'i') },
];

/** Names of trailers whatever their value is; every name that ends in `-by` is one. */
const trailerNames = [
  String.raw`[\w-]+-by`,
  'reviewed[ -]on',
  'reviewed by',
  'reviewers?',
  'subscribers',
  'cc',
  '(?:[a-z]+-)?change-id',
  'differential revision',
  'pr-url',
  'pull[ -]request(?: resolved)?',
  'merge-request',
  'related work items',
  String.raw`(?:[\w-]+-)?(?:trybot(?:-result)?|commit-position|branched-from|revid|commit-queue|auto-submit)`,
  'github-(?:pull-request|last-rev)',
  '(?:closes|partial|related|fixes)-bug',
  'depends-on',
  'pick-to',
  'task-number',
  'git-svn-id',
  'llvm-svn',
].join('|');
const namedTrailer = RegExp(`^(?:${trailerNames}):`, 'i');
/** These words also begin sentences, so only references behind them make a trailer. */
const referring =
  /^(?:fix(?:es|ed)?|close[sd]?|resolve[sd]?|ref(?:s|erences)?|see(?: also)?|bugs?|issues?|link|url|part of|implements|backport of)(?<colon>:)? +(?<value>\S.*)$/i;
const reference = /^(?:https?:\/\/\S+|\S*[#!]\d+|and|&|(?:closes|fixes|resolves|refs):?)$/i;
/** Without a colon these may be words and numbers of a sentence: "Fix 404". */
const referenceAfterColon = /^(?:[A-Z][A-Z0-9]*-\d+|\d+|[0-9a-f]{7,64})$/i;
const pickedFrom = /^\(cherry[- ]picked from .*\)$/i;

/** No forge allows titles of this length, and short lines bound what a pattern can cost. */
const longestLine = 1_000;

const isTrailer = (line: string): boolean => {
  if (line.length > longestLine) return false;
  if (namedTrailer.test(line) || pickedFrom.test(line)) return true;
  const { colon, value = '' } = referring.exec(line)?.groups ?? {};
  if (value === '') return false;
  // The Linux kernel quotes a commit's title behind its hash.
  if (colon !== undefined && /^[0-9a-f]{7,64} \(/.test(value)) return true;
  return value
    .replace(/\.$/, '')
    .split(/[\s,]+/)
    .every((word) => reference.test(word) || (colon !== undefined && referenceAfterColon.test(word)));
};

const matchOf = (forms: MergeForm[], line: string, isMerge: boolean) => {
  if (line.length > longestLine) return null;
  for (const form of forms) {
    const groups = form.mergesOnly && !isMerge ? undefined : form.line.exec(line);
    if (groups) return groups.groups ?? {};
  }
  return null;
};

/** `'a', 'b' and 'c' into main` → `a, b and c`; `'x' of https://host/path` → `x`. */
const namesOf = (branch: string): string => {
  const names = branch.startsWith("'")
    ? [...branch.matchAll(/'([^\s']+)'/g)].slice(0, 50).map(([, name = '']) => name)
    : [branch];
  // What follows "into" is where the branch went.
  const into = / into '([^\s']+)'(?: |$)/.exec(branch)?.[1];
  const merged = into === undefined ? names : names.slice(0, -1);
  const last = merged.at(-1) ?? branch;
  return merged.length < 2 ? last : `${merged.slice(0, -1).join(', ')} and ${last}`;
};

/** A list of conflicting files, or of the merged commits: its heading and the indented lines below it. */
const isListHeading = (line: string) =>
  /^(?:# ?)?conflicts(?: resolved)?:?$/i.test(line) ||
  (/^\* .{1,500}:$/.test(line) && line.length <= longestLine);
const isShortlogLine = (line: string) => /^(?=[a-f]{0,39}\d)[0-9a-f]{7,40} /.test(line);
/** Bitbucket Data Center's second line. */
const isRouteLine = (line: string) =>
  line.length <= longestLine && /^Merge in \S+ from .+ to \S+$/.test(line);

/** True if a person could have written this line as a title; `line` keeps its indentation. */
const isTitleLine = (line: string) =>
  line.trim() !== '' &&
  !/^(?:\t| {2,})/.test(line) &&
  !/^#(?:\s|$)/.test(line) &&
  !isListHeading(line.trim()) &&
  !isShortlogLine(line) &&
  !isRouteLine(line) &&
  !isTrailer(line.trim()) &&
  matchOf(bodyForms, line.trim(), true) === null;

export type MergeMessage = {
  /** The pull request's number, or another forge's name for the same. */
  number: string | null;
  /** Null if the message only names a branch. */
  title: string | null;
  /** The merged branch, or several in words. Null if the message names none. */
  branch: string | null;
  description: string;
};

/**
 * Reads a commit message: the number, title and description of the change that it records. A trailer, a comment, a list
 * of conflicts and a list of commits are never a title.
 */
export const readMergeMessage = (message: string, isMerge: boolean): MergeMessage => {
  const [first = '', ...rest] = message.trim().split('\n');
  const subject = first.trim();
  const body = rest.join('\n').trim();
  const lines = rest.map((line) => line.trimEnd());
  const form = matchOf(subjectForms, subject, isMerge);
  const squash = form === null && subject.length <= longestLine ? squashSuffix.exec(subject)?.groups : null;
  const named = lines.map((line) => matchOf(bodyForms, line.trim(), true));
  const number =
    form?.number ??
    squash?.number ??
    (form !== null && /#\d+ #\d+/.test(subject)
      ? null
      : (named.findLast((found) => found?.number)?.number ?? null));
  const branch = form?.branch === undefined ? null : namesOf(form.branch);
  const own = form === null ? (squash?.title ?? subject) : form.title?.trim();
  if (own && (form !== null || isTitleLine(own) || !lines.some(isTitleLine))) {
    return { number, title: own, branch, description: body };
  }
  const headed = named.flatMap((found) => (found?.title === undefined ? [] : [found.title]));
  if (form !== null && headed.length > 0) {
    const description = rest
      .filter((_, at) => named[at]?.title === undefined)
      .join('\n')
      .trim();
    return { number, title: headed.join('; '), branch, description };
  }
  const at = lines.findIndex(isTitleLine);
  if (at < 0) return { number, title: form === null ? subject : null, branch, description: body };
  const description = rest
    .filter((_, line) => line !== at)
    .join('\n')
    .trim();
  return { number, title: (lines[at] ?? '').trim(), branch, description };
};

const host = String.raw`(?:[\w-]+\.)+[a-z]{2,}`;
/** URLs; addresses of forges without a scheme; git's short form `git@host:path`. */
const link = RegExp(
  [
    String.raw`\b(?:https?|ssh|git)://[^\s<>"'\`)\]}]+`,
    String.raw`\bgit@[\w.-]+:[^\s<>"'\`)\]}]+`,
    String.raw`(?<![\w.@/-])(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|gitee\.com|dev\.azure\.com|go\.dev/(?:cl|issue)|golang\.org/(?:cl|issue)|crrev\.com|reviews\.[\w.-]+|${host}(?<=\.googlesource\.com))/[^\s<>"'\`)\]}]+`,
  ].join('|'),
  'gi',
);
/** A request's path on any forge: `owner/name/pull/12`, `g/p/-/merge_requests/13`, `refs/pull/12/head`. */
const path =
  /(?<![\w./-])(?:[\w.-]+\/)*(?:pull|pulls|pull-requests|pullrequest|merge_requests|merge-requests|issues|changes)\/\d+(?:\/(?:head|merge)\b)?/gi;
/** `#12`, `!13`, `owner/name#12`, `group/sub/project!13`. */
const numbered = /(?:(?<![\w./-])(?:[\w.-]+\/)*[\w.-]+)?[#!]\d+\b/g;
/** `PR 15`, `pull request #7`, `MR !13`, `GH-12`, Gerrit's `CL 1234`, Phabricator's `D1234`, Subversion's `r12345`. */
const spoken =
  /\b(?:(?:GH|PR|MR|[Pp]ull[ -][Rr]equests?|[Mm]erge[ -][Rr]equests?)[ -]?[#!]?\d+|CL[ /]\d{3,}|D\d{3,}|r\d{5,})\b/g;
/**
 * A commit's hash (SHA-1 or SHA-256) in full, or 7 or more digits of it with a digit and a letter among them, so that
 * words and plain numbers do not match. Before it may stand Gerrit's `I`, the `g` of `git describe`, or the name of
 * Phabricator's repository (`rABC`).
 */
const commit =
  /\b(?:I|g|r[A-Z]{1,6})?(?:(?=[a-fA-F]{0,63}\d)(?=\d{0,63}[a-fA-F])[0-9a-fA-F]{7,64}|[0-9a-fA-F]{64}|[0-9a-fA-F]{40})\b/g;

const bullet = /^\s*(?:[*>-] )?/;

const withheldLine = (line: string): string => {
  const [prefix = ''] = bullet.exec(line) ?? [];
  const words = line.slice(prefix.length).trimEnd();
  if (isTrailer(words)) return '';
  const form = matchOf([...subjectForms, ...bodyForms], words, false);
  return form?.number === undefined ? line : `${prefix}${form.title || '[number]'}`;
};

/** Replaces links in a text by what `of` makes of each. */
export const replaceLinks = (text: string, of: (link: string) => string): string => text.replace(link, of);

/** A text without its trailers. */
export const withoutTrailers = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !isTrailer(line.trim()))
    .join('\n')
    .trim();

/**
 * A text without what would find the merge again: numbers and links of requests, hashes, trailers, and the words that
 * a forge or bot puts around a title. It takes time in proportion to the text.
 */
export const withoutMergeForms = (text: string): string =>
  replaceLinks(text.split('\n').map(withheldLine).join('\n'), () => '[link]')
    .replace(path, '[number]')
    .replace(spoken, '[number]')
    .replace(numbered, '[number]')
    .replace(commit, '[hash]');
