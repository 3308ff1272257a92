import { describe, expect, test } from 'vitest';
import { startCpuTime } from '#testing/rigs/cpu-time.ts';
import { readMergeMessage, withoutMergeForms } from './merge-forms.ts';

const text = (...lines: string[]) => lines.join('\n');

/** As the forges write them: [what it is, message, number, title]. */
const requests: [of: string, message: string, number: string | null, title: string][] = [
  [
    'GitHub’s merge button and merge queue',
    'Merge pull request #12 from ada/x/y\n\nAdd b\n\nBecause.',
    '12',
    'Add b',
  ],
  ['GitHub’s squash button', 'Add b (#12)\n\n* one\n* two', '12', 'Add b'],
  ['GitHub’s squash of a backport', 'Add b (#12) (#40)', '40', 'Add b (#12)'],
  ['CPython', 'gh-7: Fix b (GH-12)', '12', 'gh-7: Fix b'],
  ['Gogs', 'Merge pull request #12 from ada/x\n\nAdd b', '12', 'Add b'],
  [
    'GitLab',
    text(
      "Merge branch 'x' into 'main'",
      '',
      'fix: add b',
      '',
      'Closes #7',
      '',
      'See merge request g/sub/p!13',
    ),
    '13',
    'fix: add b',
  ],
  ['an old GitLab', "Merge branch 'x' into 'main'\n\nAdd b\n\nSee merge request !13", '13', 'Add b'],
  ['GitLab with a squash template', 'Add b (!13)', '13', 'Add b'],
  ['GitLab with the whole reference', 'Add b (g/p!13)', '13', 'Add b'],
  ['GitLab’s squash with a reference below', 'Add b\n\nWords.\n\nSee merge request g/p!13', '13', 'Add b'],
  [
    'Gitea, Forgejo',
    text(
      "Merge pull request 'T' (#2) from b into main",
      '',
      'Reviewed-on: https://forge.example/o/r/pulls/2',
    ),
    '2',
    'T',
  ],
  [
    'Forgejo, from a fork that is gone, with another tracker',
    text("Merge pull request 'It's (done)' (!2) from <deleted>:b into main", '', 'Reviewed-by: A <a@b>'),
    '2',
    "It's (done)",
  ],
  ['Gitea’s squash', 'T (#2)\n\nReviewed-on: https://forge.example/o/r/pulls/2', '2', 'T'],
  [
    'Gitea with a template that has no number',
    'T\n\nReviewed-on: https://codeberg.org/o/r/pulls/2\nReviewed-by: A <a@b>',
    '2',
    'T',
  ],
  ['Gitee', '!44 Add b\nMerge pull request !44 from ada/x', '44', 'Add b'],
  ['Gitee with branches', '!44 merge x into master\n\nAdd b\n\nCreated-by: ada', '44', 'Add b'],
  ['Bitbucket Cloud', 'Merged in x/y (pull request #7)\n\nAdd b\n\nApproved-by: Grace', '7', 'Add b'],
  [
    'Bitbucket Data Center',
    text('Pull request #7: Add b', '', 'Merge in P/r from x to main', '', "* commit 'abc1234':", '  Add one'),
    '7',
    'Add b',
  ],
  ['Azure DevOps', 'Merged PR 15: Add b\n\nBecause.\n\nRelated work items: #12', '15', 'Add b'],
  ['Azure DevOps by its API', 'Merge PR 15: Add b', '15', 'Add b'],
  ['RhodeCode', 'Merge pull request !15 from repo x\n\n Add b', '15', 'Add b'],
  ['Pagure', 'Merge #15 `Add b`', '15', 'Add b'],
  ['bors', 'Merge #19\n\n19: Add b r=bob a=ada\n\nBecause.\n\nCo-authored-by: A <a@b>', '19', 'Add b'],
  [
    'bors, two at once',
    'Merge #19 #20\n\n19: Add b r=bob a=ada\n\n20: Add c r=bob,eve a=ada',
    null,
    'Add b; Add c',
  ],
  ['bors, one line', '19: T r=bob a=ada', '19', 'T'],
  ['homu', 'Auto merge of #19 - ada:x, r=bob\n\nAdd b\n\nr? @bob', '19', 'Add b'],
  ['homu’s rollup', 'Rollup merge of #19 - ada:x, r=bob\n\nAdd b', '19', 'Add b'],
  ['Mergify', 'Merge of #19\n\nAdd b', '19', 'Add b'],
  [
    'Gerrit',
    text(
      'Add b',
      '',
      'Change-Id: Ideadbeefdeadbeefdeadbeefdeadbeefdeadbeef',
      'Reviewed-on: https://r.example/c/p/+/4711',
    ),
    '4711',
    'Add b',
  ],
  [
    'Gerrit’s cherry-pick, whose own review is the last',
    'Add b\n\nReviewed-on: https://r.example/c/p/+/1\nReviewed-on: https://r.example/c/p/+/2',
    '2',
    'Add b',
  ],
  ['Gerrit’s merge', 'Merge "Add b" into stable', null, 'Add b'],
  [
    'Phabricator',
    text('Add b', '', 'Summary: Because.', '', 'Differential Revision: https://reviews.example/D1234'),
    '1234',
    'Add b',
  ],
  ['Review Board', 'Add b\n\nReviewed at https://reviews.example/r/88/', '88', 'Add b'],
  [
    'Node.js',
    'lib: add b\n\nPR-URL: https://github.com/nodejs/node/pull/5\nReviewed-By: A <a@b>',
    '5',
    'lib: add b',
  ],
  ['Kitware', "Merge topic 'x'\n\n12ab34cd Add one\n\nMerge-request: !9", '9', 'x'],
  ['a plain commit', 'Add b\n\nSee #12 for more.', null, 'Add b'],
  [
    'a plain commit that speaks of merging',
    'Merge config into settings\n\nBecause.',
    null,
    'Merge config into settings',
  ],
];

test.each(requests)('%s: number and title', (_, message, number, title) => {
  const read = readMergeMessage(message, /^Merge(?! config)/.test(message));
  expect([read.number, read.title ?? read.branch]).toEqual([number, title]);
});

/** Messages of git itself: [message, branch]. They have no title of their own. */
const branches: [message: string, branch: string | null][] = [
  ["Merge branch 'x'", 'x'],
  ["Merge branch 'fix/x' into release", 'fix/x'],
  ["Merge branch 'x' of https://example.com/o/r into main", 'x'],
  ["Merge branch 'x' of example.com:o/r", 'x'],
  ["Merge remote-tracking branch 'origin/x'", 'origin/x'],
  ["Merge tag 'v1.2' into main", 'v1.2'],
  ["Merge branches 'a', 'b' and 'c'", 'a, b and c'],
  ["Merge branches 'a' and 'b' into main", 'a and b'],
  ["Merge branch 'x' into 'main'", 'x'],
  ["Merge commit '1c59427' into main", null],
  ['Merge https://example.com/o/r into main', null],
  ['Merge changes from topic "x" into stable', 'x'],
  ['Merge changes I0123abcd,I4567cdef\n\n* changes:\n  Add one\n  Add two', null],
  ['Merge pull request #12 from ada/x', 'x'],
  ["Merge pull request #12 in P/r from fix/x to main\n\n* commit '1c59427':\n  Add one", 'fix/x'],
];
const additions = {
  nothing: '',
  conflicts: '\n\nConflicts:\n\tfile1.ts\n\tfile2.ts',
  'conflicts as comments': '\n\n# Conflicts:\n#\tfile1.ts',
  'comments of the editor': '\n\n# Please enter a commit message to explain why this merge is necessary,\n#',
  trailers: '\n\nSigned-off-by: Ada <a@b>\nChange-Id: I0123456789012345678901234567890123456789',
  'a shortlog': '\n\n* x:\n  Add one\n  Add two',
  'closed issues': '\n\nCloses #7, fixes o/r#8 and #9',
};
describe.each(Object.entries(additions))('below a merge’s subject, %s', (_, added) => {
  test.each(branches)('is no title: %s', (message, branch) => {
    expect(readMergeMessage(message + added, true)).toMatchObject({ title: null, branch });
  });
  test('is passed over for words that people wrote', () => {
    const read = readMergeMessage(`Merge branch 'x'${added}\n\nAdd b\n\nBecause.`, true);
    expect(read.title).toBe('Add b');
    expect(read.description).toMatch(/Because\.$/);
  });
});

test('a branch that its message describes is titled by that', () => {
  expect(
    readMergeMessage("Merge tag 'v1' of git://example.com/x\n\nPull fixes from Ada:\n\n - one", true),
  ).toMatchObject({
    title: 'Pull fixes from Ada:',
    description: '- one',
  });
});

test('a title that looks like a trailer to git stays a title', () => {
  for (const title of [
    'fix: add b',
    'merge-ort: add b',
    'Note: add b',
    'Fix 404',
    'Fixes: the crash',
    'See how it goes',
  ])
    expect(readMergeMessage(`Merge pull request #3 from ada/x\n\n${title}`, true).title).toBe(title);
});

const hash = '1c59427ab01c59427ab01c59427ab01c59427ab0';
/** What blinding withholds of each: [text, blinded]. */
const withheld: [text: string, blinded: string][] = [
  ['Merged PR 15: Add b', 'Add b'],
  ['Merged PR 15', '[number]'],
  ['as in PR 15, PR #16 and MR !17', 'as in [number], [number] and [number]'],
  ['!13, g/sub/p!13, o/r#12, #3 and GH-7', '[number], [number], [number], [number] and [number]'],
  ['See merge request g/p!13', '[number]'],
  ['* 19: T r=bob a=ada', '* T'],
  ['Merge #19 #20', 'Merge [number] [number]'],
  ['Auto merge of #19 - ada:x, r=bob', '[number]'],
  [`Change-Id: I${hash}`, ''],
  [`see I${hash} and Iab12cd34`, 'see [hash] and [hash]'],
  [`commit ${hash}, ${hash.slice(0, 7)} and ${'5'.repeat(40)}`, 'commit [hash], [hash] and [hash]'],
  [`${'0123456789abcdef'.repeat(4)} ${'a'.repeat(64)}`, '[hash] [hash]'],
  [
    `This reverts commit ${hash}, reversing changes made to 1C59427AB.`,
    'This reverts commit [hash], reversing changes made to [hash].',
  ],
  ['Reverts o/r#12 and merge request !13', 'Reverts [number] and [number]'],
  [`(cherry picked from commit ${hash})`, ''],
  ['since v1.2-14-g1c59427', 'since v1.2-14-[hash]'],
  ['rG1c59427ab01c and D1234 and r345678', '[hash] and [number] and [number]'],
  ['at https://forge.example/o/r/pulls/2, github.com/o/r/pull/12', 'at [link] [link]'],
  ['reviews.llvm.org/D12 go.dev/cl/123 git@github.com:o/r.git', '[link] [link] [link]'],
  ['foo.example/g/p/-/merge_requests/13 refs/pull/12/head', '[number] [number]'],
  ['Reviewed-on: https://forge.example/o/r/pulls/2', ''],
  ['Fixes: 1c59427ab0 ("Add b")', ''],
  ['Closes #12', ''],
  ['Differential Revision: D12', ''],
];
const kept = [
  'The word feedback, the number 20250101, `@scope/package` and 3 != 4 stay.',
  'Fixes: the crash at start',
  'See how it goes, e.g. in src/a.b/c.ts',
  'Summary: PRs of 2025 on D3.js, HTTP/2 and RFC 9112',
  'A change of 100 lines; change 12 of 14',
];

test.each(withheld)('blinded: %s', (given, expected) => {
  expect(withoutMergeForms(given)).toBe(expected);
});

test.each(kept)('not blinded: %s', (given) => {
  expect(withoutMergeForms(given)).toBe(given);
});

test.each(requests)('the number of a request is withheld: %s', (_, message, number) => {
  if (number !== null)
    expect(withoutMergeForms(message)).not.toMatch(new RegExp(`(?<![\\w/])(?:[#!]|PR )?${number}\\b`));
});

const shapes: Record<string, (length: number) => string> = {
  'a.': (length) => 'a.'.repeat(length / 2),
  'a/': (length) => 'a/'.repeat(length / 2),
  'a-': (length) => 'a-'.repeat(length / 2),
  a: (length) => 'a'.repeat(length),
  hexadecimal: (length) => 'a1'.repeat(length / 2),
  digits: (length) => '1'.repeat(length),
  '#': (length) => '#'.repeat(length),
  'I and digits': (length) => 'I1'.repeat(length / 2),
  'pull/': (length) => 'pull/'.repeat(length / 5),
  'https://': (length) => 'https://'.repeat(length / 8),
  'a.googlesource.com': (length) => 'a.googlesource.com.'.repeat(length / 19),
  spaces: (length) => `a${' '.repeat(length)}(`,
  'lines of one word': (length) => 'a\n'.repeat(length / 2),
  'lines of a longest form': (length) =>
    `Merge pull request '${"' (#1) from ' into ".repeat(50)}\n`.repeat(length / 920),
  'trailers of dashes': (length) => `${'a-'.repeat(499)}\n`.repeat(length / 999),
  references: (length) => `Closes ${'#1, '.repeat(240)}x\n`.repeat(length / 970),
};

test.each(Object.entries(shapes))('reading and blinding 100 KB of %s takes linear time', (_, shape) => {
  const hostile = shape(100_000);
  const cpuMs = startCpuTime();
  withoutMergeForms(hostile);
  readMergeMessage(hostile, true);
  readMergeMessage(`Merge branch 'x'\n\n${hostile}`, true);
  // A quadratic rule takes 10¹⁰ steps here, which is minutes.
  expect(cpuMs()).toBeLessThan(1_500);
});
