import { createHash, createHmac } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { describeChange } from '#testing/fakes/oracles/http-fake.ts';
import { runInProcess } from '#testing/rigs/command-line.ts';
import { certificateOf, changes, openVerifyRig, verify } from '#testing/rigs/verify-rig.ts';

const { folder, startOracle, closeServers, remove } = openVerifyRig();
afterEach(closeServers);
afterAll(remove);

const readLines = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const storedReplays = (out: string) =>
  readdirSync(join(out, 'replays')).map((name) =>
    JSON.parse(readFileSync(join(out, 'replays', name), 'utf8')),
  );

type Key = Record<'question' | 'referenceAnswer' | 'questionQuote', string> & {
  changes: { statement: string; quote: string }[];
};
const textsOf = ({ changes: asked, question, referenceAnswer, questionQuote }: Key) => [
  ...asked.flatMap(({ statement, quote }) => [statement, quote]),
  ...[question, referenceAnswer, questionQuote],
];

test('evidence holds every step of each replay, and a digest of its change that a reader can recompute', async () => {
  const oracle = await startOracle();
  const [out, file] = [join(folder, 'evidence'), join(folder, 'evidence-truth.jsonl')];
  await verify(changes, oracle, '--limit', '2', '--out', out);
  await runInProcess(['ingest', changes, '--out', file]);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const records = readLines(join(out, 'evidence.jsonl'));
  expect(records).toHaveLength(2);
  for (const record of records) {
    expect(record).toMatchObject({
      outcome: 'scored',
      answer_key: { kind: 'made' },
      oracle: { kind: 'answer' },
      precision: { kind: 'judged' },
      recall: { kind: 'judged' },
      reply: { kind: 'judged' },
    });
    const line = lines.find((text) => JSON.parse(text).id === record.ground_truth.id) ?? '';
    expect(record.ground_truth.digest).toBe(createHash('sha256').update(line).digest('hex'));
  }
});

test('evidence holds no text of an answer key, not even where the oracle says it, and sealed texts can be checked with the salt', async () => {
  // The oracle repeats the question, in its summary and its claims too.
  const oracle = await startOracle((request) => ({
    kind: 'answer',
    answer: {
      ...describeChange(request),
      summary: `${describeChange(request).summary} I was asked: ${request.follow_up_question.toUpperCase()}`,
      key_claims: ['Something was changed', `They ask\n ${request.follow_up_question}`],
    },
  }));
  const out = join(folder, 'sealed');
  await verify(changes, oracle, '--limit', '4', '--out', out);
  const stored = storedReplays(out);
  const keys = stored.map(({ checkpoint }): Key => checkpoint.answerKey.key);
  expect(keys).toHaveLength(4);
  const evidence = readFileSync(join(out, 'evidence.jsonl'), 'utf8').toLowerCase();
  // A shorter text, such as a one-word answer, can be in any text by chance.
  const telling = keys.flatMap(textsOf).filter((text) => text.replace(/\s/g, '').length >= 10);
  expect(telling.length).toBeGreaterThan(12);
  for (const text of telling) expect(evidence).not.toContain(JSON.stringify(text).slice(1, -1).toLowerCase());

  const { salt } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
  const records = readLines(join(out, 'evidence.jsonl'));
  for (const record of records) {
    const { checkpoint } = stored.find(({ groundTruthId }) => groundTruthId === record.ground_truth.id);
    const opened = (place: string, text: string) => ({
      sealed: createHash('sha256')
        .update(
          createHmac('sha256', salt)
            .update(JSON.stringify([record.ground_truth.id, place]))
            .digest(),
        )
        .update(text)
        .digest('hex'),
    });
    const { key } = checkpoint.answerKey;
    expect(record.answer_key.key.question).toEqual(opened('answer_key.key.question', key.question));
    expect(record.answer_key.key.changes[0]).toEqual({
      id: 'c1',
      statement: opened('answer_key.key.changes.0.statement', key.changes[0].statement),
      quote: opened('answer_key.key.changes.0.quote', key.changes[0].quote),
    });
    const { answer } = checkpoint.oracle;
    expect(record.oracle.answer).toEqual({
      summary: opened('oracle.answer.summary', answer.summary),
      key_claims: [
        { claim: opened('oracle.answer.key_claims.0.claim', answer.keyClaims[0].claim), confidence: null },
        { claim: opened('oracle.answer.key_claims.1.claim', answer.keyClaims[1].claim), confidence: null },
      ],
      follow_up_response: opened('oracle.answer.follow_up_response', answer.followUpResponse),
      cut: { claims: 0, claim_characters: 0, summary_characters: 0, response_characters: 0 },
    });
    const quotes = [record, record.baseline].flatMap(({ precision, recall }) =>
      [...precision.claims, ...recall.changes].map(({ quote }) => quote),
    );
    for (const text of [...quotes, ...record.precision.canaries.map(({ text }: { text: unknown }) => text)])
      expect([null, { sealed: expect.stringMatching(/^[0-9a-f]{64}$/) }]).toContainEqual(text);
  }
  // Equal texts in two places have different digests; equal ones would show that a quote is the key's.
  const digests = evidence.match(/[0-9a-f]{64}"\}/g) ?? [];
  expect(new Set(digests).size).toBe(digests.length);
  expect(await runInProcess(['inspect', join(out, 'certificate.json')])).toMatchObject({ code: 0 });
});

test('every score follows from the ids and booleans of the evidence, sealed as it is', async () => {
  const oracle = await startOracle();
  const out = join(folder, 'recomputed');
  const { stdout } = await verify(changes, oracle, '--limit', '4', '--out', out, '--json');
  const records = readLines(join(out, 'evidence.jsonl'));
  const scores = records.map(({ ground_truth, answer_key, precision, recall, reply }) => {
    const changesTotal = answer_key.key.changes.length;
    const ruled = precision.claims.filter((claim: { ruled: boolean }) => claim.ruled);
    const supported = ruled.filter((claim: { supported: boolean }) => claim.supported);
    const surfaced = recall.changes.filter((change: { surfaced: boolean }) => change.surfaced);
    return {
      groundTruthId: ground_truth.id,
      precision: supported.length / Math.max(ruled.length, Math.min(3, changesTotal)),
      recall: surfaced.length / changesTotal,
      // The offline check grades a reply only beside a claim or a change that it found.
      replyAccuracy: supported.length + surfaced.length > 0 ? reply.reply_accuracy : 0,
    };
  });
  const { replayScores } = certificateOf(stdout);
  expect(replayScores).toHaveLength(4);
  for (const [place, score] of scores.entries()) {
    const { precision, recall, ...rest } = score;
    expect(replayScores[place]).toMatchObject(rest);
    expect(replayScores[place]?.precision).toBeCloseTo(precision, 6);
    expect(replayScores[place]?.recall).toBeCloseTo(recall, 6);
  }
});

test('the files needed to resume hold the keys, only their owner can read them, and the command says so', async () => {
  const oracle = await startOracle();
  const out = join(folder, 'working-files');
  await verify(changes, oracle, '--limit', '2', '--out', out);
  // As after a careless copy, before the run is resumed.
  chmodSync(join(out, 'replays'), 0o755);
  rmSync(join(out, 'certificate.json'));
  const { stderr } = await verify(changes, oracle, '--limit', '2', '--out', out);
  const modeOf = (...names: string[]) => statSync(join(out, ...names)).mode & 0o777;
  expect(modeOf('replays')).toBe(0o700);
  for (const name of readdirSync(join(out, 'replays'))) expect(modeOf('replays', name)).toBe(0o600);
  expect(modeOf('run.json')).toBe(0o600);
  expect(stderr).toMatch(/^Keep private: .*replays .*answer keys.*run\.json/m);
});

test('of an oracle’s failure, evidence and certificate have kind and status, and only its owner’s terminal its words', async () => {
  const oracle = await startOracle(({ pr }, count) =>
    count === 0
      ? { kind: 'answer', answer: { error: 'no model for sk-planted-4711' } }
      : count === 1
        ? { kind: 'status', status: 500 }
        : { kind: 'answer', answer: describeChange({ pr, follow_up_question: '' }) },
  );
  const out = join(folder, 'failing');
  const { stdout, stderr } = await verify(changes, oracle, '--limit', '3', '--out', out, '--json');
  const failures = certificateOf(stdout).replayScores.map(({ oracleFailure }) => oracleFailure);
  expect(failures.filter((failure) => failure !== null).toSorted()).toEqual(['malformed', 'status 500']);
  const published = readFileSync(join(out, 'evidence.jsonl'), 'utf8');
  expect(`${stdout}${published}`).not.toContain('planted');
  expect(stderr).toContain('no model for sk-planted-4711');
  const records = readLines(join(out, 'evidence.jsonl')).filter(
    ({ outcome }) => outcome === 'oracle_failure',
  );
  expect(records.map(({ reason }) => reason).toSorted()).toEqual(['malformed', 'status 500']);
  for (const record of records) expect(record.oracle).not.toHaveProperty('detail');
});
