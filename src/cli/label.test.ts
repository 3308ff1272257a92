import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { auditCriteria, auditKeys } from '#contracts/audit.ts';
import { runInProcess } from '#testing/rigs/command-line.ts';
import { changes, openVerifyRig, verify } from '#testing/rigs/verify-rig.ts';
import { precisionPrompt } from '#verification/judges/model/prompts/v2/precision.ts';
import { labelCommand } from './commands/label.ts';
import { answersFrom } from './keys.ts';
import { type InputStream, openTerminal } from './terminal.ts';

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

const inspected = async (certificate: string) => {
  const outcome = await runInProcess(['inspect', certificate, '--json']);
  return { ...outcome, document: JSON.parse(outcome.stdout) };
};

test('inspect shows the audit beside the certificate’s precision, and what it measured', async () => {
  const path = copy('inspected');
  const certificate = join(path, 'certificate.json');
  expect((await runInProcess(['inspect', certificate])).stdout).not.toContain('audit');
  expect(await inspected(certificate)).toMatchObject({
    code: 0,
    document: {
      audit: null,
      audit_check: { disagreements: null, reason: 'No audit lies beside this certificate.' },
    },
    stderr: expect.stringContaining('Human audit: not measured. No audit lies'),
  });
  await label(path, lines('t', 'q'));
  expect((await runInProcess(['inspect', certificate])).stdout).toContain('and not finished');
  expect(await inspected(certificate)).toMatchObject({
    code: 0,
    document: { audit: { size }, audit_check: { disagreements: null, reason: 'The audit is not finished.' } },
  });
  await label(path, lines(...times(size, 't')));
  const shown = await runInProcess(['inspect', certificate]);
  expect(shown).toMatchObject({ code: 0 });
  expect(shown.stdout).toMatch(/Precision .*\n {2} {2}by its audit +[01]\.\d{3}/);
  expect(shown.stdout).toContain(`${size} true · 0 false · 0 cannot tell`);
  expect(shown.stderr).toContain(`its result follows from its ${size} labels`);
  expect(await inspected(certificate)).toMatchObject({
    document: { audit_check: { disagreements: [], reason: null } },
  });
});

test('inspect names what a changed audit says that does not follow from its labels', async () => {
  const path = copy('changed');
  const certificate = join(path, 'certificate.json');
  await label(path, lines(...times(size, 't')));
  const whole = keptIn(path);
  const checked = async (change: (audit: ReturnType<typeof keptIn>) => void) => {
    const audit = structuredClone(whole);
    change(audit);
    writeFileSync(join(path, 'audit.json'), JSON.stringify(audit));
    const { code, document, stderr } = await inspected(certificate);
    expect(code).toBe(1);
    expect(document.disagreements).toEqual([]);
    expect(stderr).toContain('What the human audit says does not follow from its labels:');
    return document.audit_check.disagreements;
  };
  expect(
    await checked(({ labels: [first] }) => {
      first.label = 'false';
    }),
  ).toContainEqual({ field: 'result.labels.true', published: size, recomputed: size - 1 });
  expect(
    await checked(({ labels: [first] }) => {
      first.ground_truth_id = 'elsewhere';
    }),
  ).toEqual([{ field: 'labels[0].ground_truth_id', published: 'elsewhere', recomputed: null }]);
  const [first] = whole.labels;
  expect(
    await checked(({ labels }) => {
      labels[1] = labels[0];
    }),
  ).toEqual([{ field: 'labels[1].claim_id', published: first.claim_id, recomputed: null }]);
});

const faultyAudits: [string, (file: string) => void, string][] = [
  ['is not JSON', (file) => writeFileSync(file, '{'), 'audit.json is damaged: it is not JSON.'],
  ['is not an object', (file) => writeFileSync(file, '[]'), 'or not an audit of this version'],
  [
    'lacks a field',
    (file) => writeFileSync(file, JSON.stringify({ ...audited, begun_at: undefined })),
    'not an audit of this version: begun_at: ',
  ],
  [
    'has fewer labels than claims',
    (file) => writeFileSync(file, JSON.stringify({ ...audited, labels: audited.labels.slice(1) })),
    'a finished audit has a result and a label for every claim',
  ],
  [
    'has a result and no end',
    (file) => writeFileSync(file, JSON.stringify({ ...audited, finished_at: null })),
    'an unfinished one has no result',
  ],
  [
    'is another run’s',
    (file) => writeFileSync(file, JSON.stringify({ ...audited, certificate_digest: 'd'.repeat(64) })),
    'audit.json is the audit of another certificate, or one of the two was changed',
  ],
  ['is too large', (file) => writeFileSync(file, ' '.repeat(1_000_001)), 'audit.json is too large'],
  ['is a folder', (file) => mkdirSync(file), 'audit.json is not a file'],
  // Nobody can read it, not even root.
  ['cannot be read', (file) => symlinkSync('audit.json', file), 'audit.json cannot be read (ELOOP)'],
];

/** A finished audit of the run, as its file holds it. */
let audited: ReturnType<typeof keptIn>;
beforeAll(async () => {
  const path = copy('audited');
  await label(path, lines(...times(size, 't')));
  audited = keptIn(path);
});

test.each(faultyAudits)(
  'an audit that %s is not shown, and inspect and label say what is wrong',
  async (name, write, told) => {
    const path = copy(`faulty-${name}`);
    write(join(path, 'audit.json'));
    const found = await inspected(join(path, 'certificate.json'));
    expect(found).toMatchObject({
      code: 1,
      document: {
        disagreements: [],
        audit: null,
        audit_check: { disagreements: null, reason: expect.stringContaining(told) },
      },
    });
    expect(found.stderr).toContain('every number that follows from them agrees');
    expect(found.stderr).toContain('Human audit: not measured.');
    const refused = await label(path, lines('t'));
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(told) });
    expect(refused.stderr).not.toContain('--out');
  },
);

test('inspect shows the audit that an installation holds of a certificate, and nothing about audits if there was none', async () => {
  const path = copy('served');
  await label(path, lines(...times(size, 't')));
  const address = '/api/v1/verification/certificates/some-id';
  const own = await runInProcess(['inspect', join(path, 'certificate.json'), '--json']);
  const served = new Map<string, string | Buffer>([
    [address, JSON.stringify(JSON.parse(own.stdout).certificate)],
  ]);
  const server = createServer(({ url = '' }, response) => {
    const body = served.get(url);
    response
      .writeHead(body ? 200 : 404, { 'content-type': 'application/json' })
      .end(body ?? '{"detail": "None."}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const page = `http://127.0.0.1:${port}/certificates/some-id`;
  expect(await inspected(page)).toMatchObject({
    code: 0,
    document: { disagreements: [], audit: null, audit_check: { disagreements: null } },
  });
  served.set(`${address}/audit`, readFileSync(join(path, 'audit.json')));
  expect(await inspected(page)).toMatchObject({
    code: 0,
    document: {
      audit: { size, result: { labels: { true: size } } },
      audit_check: { disagreements: [], reason: null },
    },
  });
  served.set(`${address}/audit`, Buffer.from('<html>'));
  expect(await inspected(page)).toMatchObject({
    code: 1,
    document: { audit: null, audit_check: { reason: expect.stringContaining('/audit is damaged') } },
  });
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
