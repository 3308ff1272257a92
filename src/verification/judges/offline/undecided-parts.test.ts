import { describe, expect, test } from 'vitest';
import { bareChange } from '#testing/builders/bare-change.ts';
import { ruleOnClaim } from './claim-verdict.ts';
import { indexDiff } from './diff-index.ts';

/** The lines of one file's part of a diff, as an index. Lines without a sign are unchanged ones. */
const indexOf = (path: string, lines: string[]) => {
  const signed = lines.map((line) => (/^[+-]/.test(line) ? line : ` ${line}`));
  const count = (other: string) => signed.filter((line) => !line.startsWith(other)).length;
  const diff = `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,${count('+')} +1,${count('-')} @@\n${signed.join('\n')}\n`;
  return indexDiff(bareChange({ title: 'Tune the client', diff, repository: 'acme/client' }));
};

/**
 * The same change in four languages: the limit MaxUpload goes from 10 to 25, TIMEOUT from 30 to 10, Allowed makes way for
 * Check, which gives ErrTooLarge, and the class or type FetchFailed is new.
 */
const languages = {
  ts: {
    path: 'src/limits.ts',
    error: 'throws',
    lines: [
      '-export const MaxUpload = 10;',
      '-export const TIMEOUT = 30;',
      '+export const MaxUpload = 25;',
      '+export const TIMEOUT = 10;',
      '+export class FetchFailed extends Error {}',
      '+export class ErrTooLarge extends Error {}',
      '-export function Allowed(size: number): boolean {',
      '-  return size <= MaxUpload;',
      '-}',
      '+export function Check(size: number): void {',
      '+  if (size > MaxUpload) throw new ErrTooLarge(size);',
      '+}',
    ],
  },
  py: {
    path: 'app/limits.py',
    error: 'raises',
    lines: [
      '-MaxUpload = 10',
      '-TIMEOUT = 30',
      '+MaxUpload = 25',
      '+TIMEOUT = 10',
      '+class FetchFailed(Exception):',
      '+    pass',
      '+class ErrTooLarge(Exception):',
      '+    pass',
      '-def Allowed(size):',
      '-    return size <= MaxUpload',
      '+def Check(size):',
      '+    if size > MaxUpload:',
      '+        raise ErrTooLarge(size)',
    ],
  },
  go: {
    path: 'app/limits.go',
    error: 'returns',
    lines: [
      '-const MaxUpload = 10',
      '-const TIMEOUT = 30',
      '+const MaxUpload = 25',
      '+const TIMEOUT = 10',
      '+type FetchFailed struct{}',
      '+var ErrTooLarge = errors.New("too large")',
      '-func Allowed(size int) bool {',
      '-\treturn size <= MaxUpload',
      '-}',
      '+func Check(size int) error {',
      '+\tif size > MaxUpload {',
      '+\t\treturn ErrTooLarge',
      '+\t}',
      '+\treturn nil',
      '+}',
    ],
  },
  rs: {
    path: 'src/limits.rs',
    error: 'returns',
    lines: [
      '-pub const MaxUpload: usize = 10;',
      '-pub const TIMEOUT: u64 = 30;',
      '+pub const MaxUpload: usize = 25;',
      '+pub const TIMEOUT: u64 = 10;',
      '+pub struct FetchFailed;',
      '+pub struct ErrTooLarge;',
      '-pub fn Allowed(size: usize) -> bool {',
      '-    size <= MaxUpload',
      '-}',
      '+pub fn Check(size: usize) -> Result<(), ErrTooLarge> {',
      '+    if size > MaxUpload {',
      '+        return Err(ErrTooLarge);',
      '+    }',
      '+    Ok(())',
      '+}',
    ],
  },
};

const frames = [
  'Adds a function Check',
  'Adds ErrTooLarge',
  'A new function Check',
  'FetchFailed is added',
  'FetchFailed is new',
  'Allowed is removed',
  'Allowed is replaced by Check',
  'TIMEOUT goes from 30 to 10',
  'MaxUpload is raised from 10 to 25',
  'MaxUpload is now 25',
  'MaxUpload goes up from 10 to 25',
];

const tails = [
  ' that returns a bool',
  ', which Allowed returns',
  ', which is raised when the first attempt fails',
  ', which is fast',
  ' returning a string',
  ' for sizes under MaxUpload',
  ' for small files',
  ' when size equals MaxUpload',
  ' if the upload is large',
  ' unless a flag is set',
  ' under Linux',
  ' over HTTP',
  ' without a warning',
  ' with a timeout parameter',
  ' before the first attempt',
  ' after three attempts',
  ' because uploads failed',
  ' so that uploads are refused',
  ' to save memory',
  ' using a lock',
  ' as a subclass of OSError',
  ', a subclass of OSError',
  ' (a private helper)',
  ' and checks the size',
  ' and is exported',
  ' twice',
  ' by two',
  ', not in the old way',
  ', but never logs',
  '; uploads are safer',
  '. It is thread-safe',
  '. Uploads are safer',
  ' > 3',
];

describe.each(Object.entries(languages))('in %s', (_language, { path, lines, error }) => {
  const index = indexOf(path, lines);
  const verdictOn = (claim: string) => ruleOnClaim(claim, index).verdict;
  const all = [...frames, `Check ${error} ErrTooLarge`];

  test.each(all)('“%s” is supported alone', (frame) => {
    expect(verdictOn(`${frame}.`)).toBe('supported');
    expect(verdictOn(`${frame} in ${path}.`)).toBe('supported');
  });

  test.each(all)('“%s” is not ruled on beside what code cannot decide', (frame) => {
    for (const tail of tails) {
      expect(verdictOn(`${frame}${tail}.`), tail).not.toBe('supported');
    }
  });

  test.each([
    'TIMEOUT goes from 30 to 10 minutes.',
    'TIMEOUT goes from 30 to 10 seconds.',
    'TIMEOUT goes from 30 s to 10 s.',
    'TIMEOUT is 10ms.',
    'MaxUpload goes from 10 to 25 bytes.',
    'MaxUpload is now 25 MB.',
    'MaxUpload is 25 %.',
    'MaxUpload is at least 25.',
    'MaxUpload goes down from 10 to 25.',
    'MaxUpload moves up from 25 to 10.',
    'MaxUpload is -25.',
    'Allowed returns ErrTooLarge.',
    'Allowed returns MaxUpload.',
    'Adds an interface Check.',
    'Adds a class Check.',
    'Check is a new class.',
    'Adds a function FetchFailed.',
    'Adds an enum ErrTooLarge.',
    'Adds a private function Check.',
    'Adds an async function Check.',
    'Adds a test function Check.',
    'Adds only Check.',
    'Adds the middleware function Check.',
    'Adds two functions, Check and ErrTooLarge.',
    'Adds ErrTooLarge and Check, which FetchFailed calls.',
  ])('no support: %s', (claim) => {
    expect(verdictOn(claim)).not.toBe('supported');
  });

  test('a false part is ruled false whatever stands beside it', () => {
    for (const tail of tails)
      expect(verdictOn(`MaxUpload is lowered from 25 to 10${tail}.`), tail).not.toBe('supported');
    expect(verdictOn('MaxUpload is lowered from 25 to 10, which is fast.')).toBe('not_supported');
    expect(verdictOn('Adds Check, and Check is removed, which is odd.')).toBe('not_supported');
  });
});

describe('a value that is only a part of an expression, or has another unit, supports nothing:', () => {
  test.each([
    ['go', 'const MaxUpload = @ << 20', ['25 bytes', '25'], ['25 MiB', '26214400']],
    ['go', 'const MaxUpload = @ * time.Second', ['25', '25 minutes', '25 ms'], ['25 seconds', '25s']],
    ['go', 'const MaxUpload = @ * kilo', ['25', '25 kB'], []],
    ['go', 'const MaxUpload = @ * time.Second * factor', ['25', '25 seconds'], []],
    ['ts', 'const MaxUpload = @ * 1000;', ['25', '25 seconds'], ['25000']],
    ['ts', 'const MaxUpload = size + @;', ['25'], []],
    ['ts', 'const MaxUpload = Number(env.SIZE ?? @);', ['25'], []],
    ['ts', 'const MaxUpload = scale(@);', ['25'], []],
    ['ts', 'const MaxUploadMs = @;', ['25 seconds', '25 bytes'], ['25', '25 ms', '25 milliseconds']],
    ['ts', 'const MaxUploadMs = @ * minute;', ['25 ms', '25'], ['25 minutes']],
    ['ts', 'const MaxUploadPercent = @;', ['25 seconds'], ['25%', '25 percent', '25']],
    ['py', 'MaxUpload = timedelta(minutes=@)', ['25', '25 seconds'], ['25 minutes']],
    ['py', 'MaxUpload = timedelta(@)', ['25', '25 seconds', '25 days'], []],
    ['py', 'MaxUpload = @ if big else 3', ['25'], []],
    ['py', 'MAX_UPLOAD_BYTES = @', ['25 kB', '25 seconds'], ['25 bytes', '25']],
    ['rs', 'pub const MaxUpload: Duration = Duration::from_secs(@);', ['25', '25 minutes'], ['25 seconds']],
    ['rs', 'pub const MaxUpload: u64 = @ * UNIT;', ['25', '25 seconds'], []],
    ['yaml', 'MaxUpload: @s', ['25', '25 minutes', '25 ms'], ['25 seconds', '25s']],
  ])('%s: %s', (ending, code, wrong, right) => {
    const name = /Max\w+|MAX_\w+/.exec(code)?.[0] ?? '';
    const lines = [`-${code.replace('@', '10')}`, `+${code.replace('@', '25')}`];
    const index = indexOf(`src/limits.${ending}`, lines);
    for (const value of wrong) {
      expect(ruleOnClaim(`${name} goes from 10 to ${value}.`, index).verdict, value).not.toBe('supported');
      expect(ruleOnClaim(`${name} is ${value}.`, index).verdict, value).not.toBe('supported');
    }
    for (const value of right)
      expect(ruleOnClaim(`${name} is ${value}.`, index).verdict, value).toBe('supported');
  });
});

describe('what is given back must be the whole of it:', () => {
  test.each([
    ['ts', ['+function pick() {', '+  return most + 1;', '+}']],
    ['ts', ['+function pick() {', '+  return wrap(most);', '+}']],
    ['ts', ['+function pick() {', '+  return most.size;', '+}']],
    ['ts', ['+function pick() {', '+  return ready ? most : other;', '+}']],
    ['py', ['+def pick():', '+    return size <= most']],
    ['go', ['+func pick() bool {', '+\treturn size <= most', '+}']],
    ['rs', ['+fn pick() -> bool {', '+    return size <= most;', '+}']],
  ])('%s %s', (ending, lines) => {
    expect(ruleOnClaim('`pick` returns `most`.', indexOf(`src/pick.${ending}`, lines)).verdict).toBe(
      'undecided',
    );
  });

  test.each([
    ['ts', ['+function pick() {', '+  return most;', '+}']],
    ['py', ['+def pick():', '+    return most']],
    ['go', ['+func pick() (int, error) {', '+\treturn most, nil', '+}']],
    ['rs', ['+fn pick() -> Limit {', '+    return most;', '+}']],
  ])('%s %s is', (ending, lines) => {
    expect(ruleOnClaim('`pick` returns `most`.', indexOf(`src/pick.${ending}`, lines)).verdict).toBe(
      'supported',
    );
  });
});

test.each([
  ['py', '+class FetchFailed(Exception):', 'A new exception class FetchFailed.'],
  ['py', '+class FetchFailed(Exception):', 'A new class `FetchFailed`.'],
  ['ts', '+export function parseAll(text: string) {', 'A new function parseAll.'],
  ['go', '+type Limit struct {', 'A new struct `Limit`.'],
  ['rs', '+pub trait ReadAll {', 'The new trait `ReadAll`.'],
])('what has no verb but is new is ruled on: %s %s “%s”', (ending, line, claim) => {
  expect(ruleOnClaim(claim, indexOf(`src/new.${ending}`, [line])).verdict).toBe('supported');
  expect(ruleOnClaim(claim, indexOf(`src/new.${ending}`, [line.replace('+', '-')])).verdict).not.toBe(
    'supported',
  );
});

describe('plain words beside a fact', () => {
  const index = indexOf('src/uploads/limits.ts', [
    ' /** The limits of the upload form, for each tenant. */',
    '-export const MaxUpload = 10;',
    '-export const MaxFiles = 10;',
    '+export const MaxUpload = 25;',
    '+export const MaxFiles = 25;',
    '+export async function checkSize(size: number) {',
    '+  return size <= MaxUpload;',
    '+}',
    '+export const onReject: (size: number) => void = log;',
    ' import type { Tenant } from "./tenant.ts";',
  ]);

  test.each([
    'checkSize is added to the limits of the uploads.',
    'Adds the exported async function checkSize.',
    'Adds the function checkSize, and MaxUpload goes from 10 to 25.',
    'MaxUpload and MaxFiles go from 10 to 25.',
  ])('are shown around it: %s', (claim) => {
    expect(ruleOnClaim(claim, index).verdict).toBe('supported');
  });

  test.each([
    'checkSize is added to the limits of the dialog.',
    'checkSize is added to the limits of the form.',
    'checkSize is added to the limits for each tenant.',
    'In the downloads, checkSize is added.',
    'checkSize is added and is exported.',
    'Adds the private function checkSize.',
    'Adds the static function checkSize.',
    'Adds the async constant MaxUpload.',
    'Adds checkSize with a limit.',
    'Adds checkSize for each tenant.',
    'Adds checkSize under the form.',
    'Adds checkSize, a form.',
    'Adds checkSize, the limits of each tenant.',
    'Adds checkSize logging each size.',
    'Adds only the function checkSize.',
    'All limits are raised: MaxUpload goes from 10 to 25.',
    'MaxUpload, MaxFiles and Tenant go from 10 to 25.',
    'checkSize is added that returns a limit.',
    'checkSize is added and the form is faster.',
  ])('are not, or say more: %s', (claim) => {
    expect(ruleOnClaim(claim, index).verdict).not.toBe('supported');
  });
});

test('what is still defined is not renamed', () => {
  const diff = [
    '-export const header = /^@@/;',
    '+const header = /^@@/;',
    '+export const readHeader = header;',
  ];
  expect(ruleOnClaim('`header` is renamed to `readHeader`.', indexOf('src/parse.ts', diff)).verdict).not.toBe(
    'supported',
  );
});

describe('a dependency is a name in plain words', () => {
  const index = indexOf('pyproject.toml', ['-pandas = "2.0.0"', '+polars = "1.2.0"']);
  test.each([
    ['Pandas is removed and polars is added.', 'supported'],
    ['The file no longer needs pandas; polars is added.', 'undecided'],
    ['polars is no longer a dependency.', 'not_supported'],
    ['pandas is no longer a dependency.', 'supported'],
    ['pandas is added.', 'not_supported'],
  ])('%s %s', (claim, verdict) => {
    expect(ruleOnClaim(claim, index).verdict).toBe(verdict);
  });
});

describe('words of a text', () => {
  const index = indexOf('README.md', [
    '-The check rules slowly on',
    '-old claims.',
    '+The check rules on old claims.',
  ]);
  test.each([
    ['Removes the words “check rules slowly” from README.md.', 'supported'],
    ['The words “rules slowly” are removed from README.md.', 'supported'],
    ['Adds the words “check rules slowly” to README.md.', 'undecided'],
    ['Adds the words “old claims” to README.md.', 'undecided'],
    ['Removes the words “rules slowly on old” from README.md.', 'undecided'],
    ['Removes the words “the” from README.md.', 'undecided'],
    ['Removes the words “rules slowly” from README.md, which is clearer.', 'undecided'],
    ['Removes only the words “rules slowly” from README.md.', 'undecided'],
  ])('%s %s', (claim, verdict) => {
    expect(ruleOnClaim(claim, index).verdict).toBe(verdict);
  });
});

test('a part of a text that a name is set to is neither the value nor another one', () => {
  const index = indexOf('package.json', [
    '-    "start": "node start.ts",',
    '+    "start": "exec node start.ts",',
  ]);
  const verdictOn = (claim: string) => ruleOnClaim(claim, index).verdict;
  expect(verdictOn('`start` goes from `node` to `exec node`.')).toBe('undecided');
  expect(verdictOn('`start` goes from `exec node` to `node`.')).toBe('not_supported');
  expect(verdictOn('`start` goes from `bun` to `exec node`.')).toBe('not_supported');
});
