import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { auditCriteria, auditKeys } from '#contracts/audit.ts';
import { keptIn, label, lines, openLabelRig, times } from '#testing/rigs/label-rig.ts';
import { changes, verify } from '#testing/rigs/verify-rig.ts';
import { precisionPrompt } from '#verification/judges/model/prompts/v2/precision.ts';
import { labelCommand } from './commands/label.ts';
import { answersFrom } from './keys.ts';
import { type InputStream, openTerminal } from './terminal.ts';

const { folder, startOracle, copy, size } = await openLabelRig();

const labelsIn = (path: string): (string | null)[] =>
  keptIn(path).labels.map(({ label: said }: { label: string | null }) => said);

test('an owner labels every claim from a pipe and reads the result; the certificate stays as it is', async () => {
  const path = copy('whole');
  const before = readFileSync(join(path, 'certificate.json'), 'utf8');
  const outcome = await label(path, lines(...times(size - 2, 't'), 'false', 'c'), '--json');
  expect(outcome).toMatchObject({ code: 0 });
  const audit = JSON.parse(outcome.stdout);
  expect(audit).toEqual(keptIn(path));
  expect(audit).toMatchObject({
    size,
    certificate_id: JSON.parse(before).id,
    result: { labels: { true: size - 2, false: 1, cannot_tell: 1 }, bounds: expect.any(Object) },
  });
  expect(readFileSync(join(path, 'certificate.json'), 'utf8')).toBe(before);

  const shown = await label(path, lines('t'));
  expect(shown.stdout).toContain('Human audit, the owner’s word');
  expect(shown.stdout).toContain(`${size - 2} true · 1 false · 1 cannot tell`);
  expect(shown.stderr).toContain('finished before');
  expect(keptIn(path)).toEqual(audit);
});

test('what is shown names neither construct nor verdict, and one claim at a time', async () => {
  const path = copy('blind');
  const { stderr } = await label(path, lines('t'));
  expect(stderr).not.toMatch(/secret-name|support|verdict|quote/);
  const [first = ''] = stderr.split('Claim 2 of');
  expect(first).toContain(`Claim 1 of ${size}`);
  expect(first.match(/^ {2}(?:Adds|Removes) `/gm)).toHaveLength(1);
  expect(first).toMatch(/^diff --git|^--- /m);
});

test('what each label means is said before the first claim and again on ?, in the words of the judge’s rule', async () => {
  const path = copy('meanings');
  const { stderr } = await label(path, lines('?', 't', '?'));
  const [before = '', ...after] = stderr.split('diff --git');
  for (const { label: given, name } of auditKeys) {
    const line = `  ${name}: ${auditCriteria[given]}`;
    expect(before).toContain(line);
    expect(after.join('').split(line)).toHaveLength(3);
  }
  expect(stderr).toContain('? what they mean');
  expect(labelsIn(path).slice(0, 2)).toEqual(['true', null]);
  // The same definitions as the judge's: each half sentence of them is in its instructions.
  const shared = [auditCriteria.true, auditCriteria.false].flatMap((text) => text.split(/[.;:] ?/));
  const rule = precisionPrompt.replaceAll(/ \([^)]*\)/g, '');
  for (const part of shared.map((text) => text.replace(/^(?:Other|or) /, '').replace(/\.$/, '')))
    expect(rule).toContain(part);
});

test('labels are kept as they are given, and the same command continues', async () => {
  const path = copy('left');
  const left = await label(path, lines('t', 'nonsense', '', 'f', 'q', 't'));
  expect(left).toMatchObject({ code: 1, stdout: '' });
  expect(left.stderr).toContain('"nonsense" is no answer. t true · f false · c cannot tell');
  expect(left.stderr).toContain(`2 of ${size} claims have a label. Run the same command again`);
  expect(labelsIn(path)).toEqual(['true', 'false', ...times(size - 2, '').map(() => null)]);
  // The input ends: so does the sitting.
  expect(await label(path, lines('c'))).toMatchObject({ code: 1 });
  expect(labelsIn(path).slice(0, 4)).toEqual(['true', 'false', 'cannot_tell', null]);
  expect(await label(path, lines(...times(size - 3, 't')))).toMatchObject({ code: 0 });
});

test('a label can be corrected by going back', async () => {
  const path = copy('back');
  const { stderr } = await label(path, lines('t', 'b', 'f', 'b', 'b', 'cannot tell'));
  expect(stderr).toContain('You said: true.');
  expect(labelsIn(path).slice(0, 2)).toEqual(['cannot_tell', null]);
});

/** A terminal in which these keys are pressed. */
const terminal = (...keys: string[]) => {
  const modes: boolean[] = [];
  const input: InputStream = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => modes.push(raw),
  });
  for (const key of keys) (input as PassThrough).write(key);
  return { input, modes };
};

test('on a terminal one key answers, and the audit is finished when its owner says so', async () => {
  const path = copy('keys');
  const { input, modes } = terminal(...times(size, 't'), 'b', 'F', 'x', 'y');
  const outcome = await label(path, input);
  expect(outcome).toMatchObject({ code: 0 });
  expect(outcome.stderr).toContain('Every claim has a label. y finishes the audit');
  expect(labelsIn(path)).toEqual([...times(size - 1, 'true'), 'false']);
  expect(modes).toEqual([true, false]);
});

test('control-C leaves the audit unfinished, and the terminal as it was', async () => {
  const path = copy('control');
  const { input, modes } = terminal(...times(size, 't'), '\u0003', 'y');
  expect(await label(path, input)).toMatchObject({ code: 1 });
  expect(keptIn(path)).toMatchObject({ finished_at: null, result: null });
  expect(labelsIn(path)).toEqual(times(size, 'true'));
  expect(modes).toEqual([true, false]);
});

const answersTo = async (...keys: string[]) => {
  const { input } = terminal(...keys);
  (input as PassThrough).end();
  const answers: string[] = [];
  for await (const answer of answersFrom(input, new AbortController().signal)) answers.push(answer);
  return answers;
};

test('answers end with a terminal that is gone', async () => {
  expect(await answersTo('t', 'q')).toEqual(['t', 'q']);
});

test.each([
  ['End', '\x1b[F'],
  ['Right', '\x1b[C'],
  ['Down', '\x1b[B'],
  ['Down of a keypad', '\x1bOB'],
  ['F3', '\x1b[13~'],
  ['Control-Right', '\x1b[1;5C'],
  ['Alt-T', '\x1bt'],
  ['Control-B', '\x02'],
  ['pasted text', 'first cut'],
  ['a pasted line', 't\r'],
])('%s is no answer', async (_, typed) => {
  expect(await answersTo('t', typed, 'q')).toEqual(['t', 'q']);
});

test('the code of a key that arrives in pieces is no answer', async () => {
  expect(await answersTo('t', '\x1b', '[', 'F', 'q')).toEqual(['t', 'q']);
});

test.each([
  ['control-C', '\u0003'],
  ['control-D', '\u0004'],
  ['control-C with a key before it', 't\u0003'],
  ['control-C after Escape', '\x1b\u0003'],
])('%s ends the answers', async (_, typed) => {
  expect(await answersTo('t', typed, 'f')).toEqual(['t']);
});

test('a key of one character answers, whatever the character', async () => {
  expect(await answersTo('T', 'é', '🙂', '?', ' ')).toEqual(['t', 'é', '🙂', '?', ' ']);
});
test('a folder without a finished run is refused, and the message says what to give', async () => {
  for (const place of [folder, join(folder, 'missing'), changes])
    expect(await label(place, lines('t'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds no finished run. Give a folder that verify --out filled'),
    });
  const path = copy('damaged');
  writeFileSync(join(path, 'draw.json'), '{');
  expect(await label(path, lines('t'))).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/draw\.json is damaged.*Give another folder\./),
  });
});

test('the diff of a claim shows headers of every file as headers', async () => {
  const path = copy('several');
  const draw = JSON.parse(readFileSync(join(path, 'draw.json'), 'utf8'));
  const diff = ['--- a/one', '+++ b/one', '@@ -1 +1 @@', '--- x', '+++ y', '--- a/two', '+++ b/two'].join(
    '\n',
  );
  for (const change of [...draw.drawn, ...draw.reserve]) change.diff = diff;
  writeFileSync(join(path, 'draw.json'), JSON.stringify(draw));
  const said: string[] = [];
  const marked = (style: string, text: string) => `${style}:${text}`;
  await labelCommand(
    path,
    {},
    {
      terminal: {
        ...openTerminal(new PassThrough(), new PassThrough(), lines('q')),
        say: (line) => said.push(line),
        paintMessage: marked,
      },
      signal: new AbortController().signal,
    },
  );
  expect(said).toEqual(
    expect.arrayContaining(['dim:--- a/one', 'red:--- x', 'green:+++ y', 'dim:--- a/two', 'dim:+++ b/two']),
  );
});

test('a run whose judge ruled on nothing cannot be audited', async () => {
  const silent = await startOracle(() => ({
    kind: 'answer',
    answer: { summary: 'Nothing.', key_claims: [], follow_up_response: '' },
  }));
  const path = join(folder, 'silent');
  expect(await verify(changes, silent, '--limit', '2', '--out', path, '--json')).toMatchObject({ code: 0 });
  expect(await label(path, lines('t'))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('ruled on no claim'),
  });
});
