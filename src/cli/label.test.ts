import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { runInProcess } from '#testing/rigs/command-line.ts';
import { changes, openVerifyRig, verify } from '#testing/rigs/verify-rig.ts';
import { answersFrom } from './keys.ts';
import type { InputStream } from './terminal.ts';

const { folder, startOracle, closeServers, remove } = openVerifyRig();
const finished = join(folder, 'finished');
let size: number;
beforeAll(async () => {
  const oracle = await startOracle(({ pr }) => {
    const [file = ''] = pr.files_changed;
    const added = pr.diff_content.match(/^\+(?!\+\+).*?(\w{6,})/m)?.[1] ?? 'nothing';
    return {
      kind: 'answer',
      answer: {
        summary: `It adds ${added}.`,
        key_claims: [`Adds \`${added}\` to ${file}.`, `Removes \`${added}\` from ${file}.`],
        follow_up_response: 'Unknown.',
      },
    };
  });
  const outcome = await verify(
    changes,
    oracle,
    '--limit',
    '10',
    '--seed',
    '7',
    '--construct-id',
    'acme/secret-name',
    '--out',
    finished,
  );
  expect(outcome).toMatchObject({ code: 0 });
  const { stderr } = await runInProcess(['label', copy('sized')]);
  size = Number(stderr.match(/0 of (\d+) claims/)?.[1]);
  expect(size).toBeGreaterThan(4);
});
afterAll(async () => {
  await closeServers();
  remove();
});

/** A copy of the finished run, for one test. */
const copy = (name: string) => {
  const path = join(folder, name);
  cpSync(finished, path, { recursive: true });
  return path;
};

const lines = (...answers: string[]) => Readable.from(answers.map((answer) => `${answer}\n`));
const label = (path: string, input: InputStream, ...args: string[]) =>
  runInProcess(['label', path, ...args], undefined, input);
const times = (count: number, answer: string) => Array.from({ length: count }, () => answer);
const keptIn = (path: string) => JSON.parse(readFileSync(join(path, 'audit.json'), 'utf8'));
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

test('on a terminal one key answers, and the last word is asked for', async () => {
  const path = copy('keys');
  const { input, modes } = terminal(...times(size, 't'), 'b', 'F', 'x', 'y');
  const outcome = await label(path, input);
  expect(outcome).toMatchObject({ code: 0 });
  expect(outcome.stderr).toContain('Every claim has a label. y finishes the audit');
  expect(labelsIn(path)).toEqual([...times(size - 1, 'true'), 'false']);
  expect(modes).toEqual([true, false]);
});

test('control-C leaves an audit without its last word, and the terminal as it was', async () => {
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

test('inspect shows the audit beside the certificate’s precision, and finds a changed one', async () => {
  const path = copy('inspected');
  const certificate = join(path, 'certificate.json');
  expect((await runInProcess(['inspect', certificate])).stdout).not.toContain('audit');
  await label(path, lines('t', 'q'));
  expect((await runInProcess(['inspect', certificate])).stdout).toContain('and not finished');
  await label(path, lines(...times(size, 't')));
  const shown = await runInProcess(['inspect', certificate]);
  expect(shown).toMatchObject({ code: 0 });
  expect(shown.stdout).toMatch(/Precision .*\n {2} {2}by its audit +[01]\.\d{3}/);
  expect(shown.stdout).toContain(`${size} true · 0 false · 0 cannot tell`);

  const audit = keptIn(path);
  audit.labels[0].label = 'false';
  writeFileSync(join(path, 'audit.json'), JSON.stringify(audit));
  const changed = await runInProcess(['inspect', certificate, '--json']);
  expect(changed).toMatchObject({ code: 1 });
  expect(changed.stderr).toContain('What the human audit says does not follow from its labels.');
  // This audit belongs to another certificate.
  audit.certificate_digest = 'd'.repeat(64);
  writeFileSync(join(path, 'audit.json'), JSON.stringify(audit));
  expect(JSON.parse((await runInProcess(['inspect', certificate, '--json'])).stdout)).toMatchObject({
    audit: null,
  });
  const refused = await label(path, lines('t'));
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('another certificate') });
});

test('inspect shows the audit that an installation holds of a certificate, and nothing about audits if there was none', async () => {
  const path = copy('served');
  await label(path, lines(...times(size, 't')));
  const address = '/api/v1/verification/certificates/some-id';
  const served = new Map([[address, readFileSync(join(path, 'certificate.json'))]]);
  const server = createServer(({ url = '' }, response) => {
    const body = served.get(url);
    response
      .writeHead(body ? 200 : 404, { 'content-type': 'application/json' })
      .end(body ?? '{"detail": "None."}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const inspected = async () =>
    JSON.parse(
      (await runInProcess(['inspect', `http://127.0.0.1:${port}/certificates/some-id`, '--json'])).stdout,
    );
  expect(await inspected()).toMatchObject({ disagreements: [], audit: null });
  served.set(`${address}/audit`, readFileSync(join(path, 'audit.json')));
  expect(await inspected()).toMatchObject({ audit: { size, result: { labels: { true: size } } } });
});

test('a folder without a finished run is refused, and the message says what to give', async () => {
  for (const place of [folder, join(folder, 'missing'), changes])
    expect(await label(place, lines('t'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds no finished run. Give a folder that verify --out filled'),
    });
  const path = copy('damaged');
  writeFileSync(join(path, 'audit.json'), '{');
  expect(await label(path, lines('t'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is damaged'),
  });
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
