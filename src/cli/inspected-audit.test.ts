import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { runInProcess } from '#testing/rigs/command-line.ts';
import { keptIn, label, lines, openLabelRig, times } from '#testing/rigs/label-rig.ts';

const { copy, size } = await openLabelRig();

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
