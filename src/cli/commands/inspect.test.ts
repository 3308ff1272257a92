import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Certificate } from '#contracts/certificate.ts';
import type { JudgeProvider } from '#contracts/judge-providers.ts';
import { type JudgeUsage, noUsage } from '#contracts/replay.ts';
import { toWire } from '#contracts/wire.ts';
import { canaryCounts } from '#testing/builders/canaries.ts';
import { certificateInput, issuedCertificate } from '#testing/builders/issued-certificate.ts';
import { judgedCheckpoint, type Verdicts } from '#testing/builders/replay-checkpoint.ts';
import { testedCertificate } from '#testing/builders/stored-certificates.ts';
import { runInProcess } from '#testing/rigs/command-line.ts';
import { usageOfOneCall } from '#testing/rigs/scripted-judge.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'echelon-inspect-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const inspected = (certificate: Certificate) => {
  const file = join(folder, 'certificate.json');
  writeFileSync(file, JSON.stringify(toWire(certificate)));
  return runInProcess(['inspect', file, '--json']);
};

/** A certificate of one replay whose judge used this much for each verdict. */
const issuedBy = (judge: { provider: JudgeProvider; model: string }, usage: JudgeUsage): Certificate => {
  const verdicts: Verdicts = { claims: [true], changes: [true], replyAccuracy: 1 };
  const checkpoint = judgedCheckpoint(verdicts, judge.model, usage);
  return issuedCertificate(certificateInput([{ groundTruthId: '1', checkpoint }], { judge }));
};

const canaries = canaryCounts({ true: { shown: 1, supported: 1 } });

test('what a certificate says about its judge is recomputed from its replays', async () => {
  const outcome = await inspected(testedCertificate());
  expect(outcome).toMatchObject({ code: 0 });
  expect(outcome.stderr).toContain('every number that follows from them agrees');
  expect(outcome.stderr).not.toContain('earlier');
});

test('unchecked fields have the names that the document uses, in text and as JSON', async () => {
  const outcome = await inspected(testedCertificate());
  const names: string[] = JSON.parse(outcome.stdout).not_checked;
  expect(names).toEqual(expect.arrayContaining(['created_at', 'draw', 'replay_scores[].scored_at']));
  expect(outcome.stderr).toContain(`nothing else in the certificate determines them: ${names.join(', ')}.`);
});

test('inspect says whether an offline certificate followed the rule of this version', async () => {
  const offline = issuedBy({ provider: 'offline', model: 'offline-1' }, noUsage);
  const { promptDigest } = offlineJudge();
  expect(await inspected({ ...offline, promptDigest })).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('prompt_digest is that of this version’s offline check'),
  });
  expect((await inspected(offline)).stderr).toContain('is not that of this version’s offline check');
  expect((await inspected(testedCertificate())).stderr).not.toContain('offline check');
});

test.each(['offline', 'offline-proxy', 'claude-offline'])(
  'the certificate names the judge, even if its model is called %s',
  async (model) => {
    const outcome = await inspected(issuedBy({ provider: 'anthropic', model }, usageOfOneCall));
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      certificate: { judge: 'anthropic', scoring_model: model },
      disagreements: [],
    });
    expect(outcome).toMatchObject({ code: 0 });
    expect(outcome.stderr).not.toContain('offline check');
  },
);

test('a folder is refused, and the message says which file to give', async () => {
  expect(await runInProcess(['inspect', folder])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('is a folder. Give the certificate.json in it'),
  });
});

test('a field that no certificate has is reported', async () => {
  const file = join(folder, 'certificate.json');
  writeFileSync(file, JSON.stringify({ ...toWire(testedCertificate()), compositeScore: 1 }));
  const outcome = await runInProcess(['inspect', file]);
  expect(outcome).toMatchObject({ code: 2, stdout: '' });
  expect(outcome.stderr).toContain('compositeScore: not a field of a certificate');
});

test('inspect says that canaries of earlier certificates were not checked', async () => {
  const outcome = await inspected(testedCertificate({ canaries, certificates: ['first', 'second'] }));
  expect(outcome).toMatchObject({ code: 0 });
  expect(outcome.stderr).toContain('The canaries of 2 earlier certificates were taken as stated here');
});

test('inspect finds a hidden leak of a canary', async () => {
  const certificate = testedCertificate();
  const [first, ...rest] = certificate.replayScores;
  if (!first?.evidence) throw new Error('The first replay has evidence.');
  const evidence = {
    ...first.evidence,
    canaries: first.evidence.canaries.filter(({ kind, supported }) => kind !== 'injected' || !supported),
  };
  const outcome = await inspected({ ...certificate, replayScores: [{ ...first, evidence }, ...rest] });
  expect(outcome.code).toBe(1);
  expect(JSON.parse(outcome.stdout).disagreements).toContainEqual({
    field: 'trust.canaries.injected.shown',
    published: 60,
    recomputed: 59,
  });
});
