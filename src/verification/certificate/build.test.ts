import { describe, expect, test } from 'vitest';
import { rawScoresSchema } from '#contracts/certificate.ts';
import type { JudgeUsage, ReplayCheckpoint } from '#contracts/replay.ts';
import { noUsage } from '#contracts/replay.ts';
import { type BuiltReplay, certificateInput } from '#testing/builders/issued-certificate.ts';
import {
  failedCheckpoint,
  judgedCheckpoint,
  keylessCheckpoint,
} from '#testing/builders/replay-checkpoint.ts';
import { buildCertificate, type CertificateInput, Uncertifiable } from './build.ts';

const draw = {
  listed: 40,
  excluded: { too_small: 3 },
  source: 'https://github.com/acme/widgets',
  commitRange: 'aaaa..bbbb',
  private: false,
};
const input = (
  replays: BuiltReplay[],
  changed: Partial<Pick<CertificateInput, 'draw' | 'minReplays'>> = {},
): CertificateInput =>
  certificateInput(replays, {
    draw,
    seed: '42',
    seedSource: 'owner',
    limit: 5,
    minReplays: 2,
    judge: { model: 'asked-for' },
    replaced: 1,
    ...changed,
  });

const unscored = (reason = 'the judge refused "secret text of the diff"'): ReplayCheckpoint => ({
  ...judgedCheckpoint({ claims: [true], changes: [true], replyAccuracy: 1 }),
  recall: { kind: 'unscored', reason, asks: 4, retries: 0, latencyMs: 5, usage: noUsage },
});
const three = [
  {
    groundTruthId: '10',
    checkpoint: judgedCheckpoint({
      claims: [true, true, false],
      changes: [true, false, false],
      replyAccuracy: 0.5,
    }),
  },
  { groundTruthId: '9', checkpoint: failedCheckpoint(2) },
  {
    groundTruthId: '8',
    checkpoint: judgedCheckpoint({
      claims: [true, true, true],
      changes: [true, true, true],
      replyAccuracy: 1,
    }),
  },
];

test('the numbers are those derived by hand, rounded to six decimals', () => {
  // Precision (2/3 + 0 + 1)/3 = 5/9, recall (1/3 + 0 + 1)/3 = 4/9, reply (.5 + 0 + 1)/3 = 1/2; composite 1/2.
  expect(buildCertificate(input(three))).toMatchObject({
    replayCount: 3,
    sampleSize: 3,
    precision: 0.555556,
    recall: 0.444444,
    replyAccuracy: 0.5,
    compositeScore: 0.5,
    brier: 0.25,
    domain: 'community_oracle',
    methodologyVersion: 'v1-preview',
    groundTruthSource: 'https://github.com/acme/widgets',
    commitRange: 'aaaa..bbbb',
  });
});

test('an oracle failure counts in the denominator with zeros, and only its kind and status are public', () => {
  const content = buildCertificate(input(three));
  expect(content.replayScores.map(({ groundTruthId, scored }) => [groundTruthId, scored])).toEqual([
    ['8', true],
    ['9', false],
    ['10', true],
  ]);
  expect(content.replayScores[1]).toMatchObject({ precision: 0, claimsTotal: 2, changesTotal: 2 });
  expect(content.rawScores.counts).toMatchObject({ scored: 3, oracleFailures: 1, unscored: 0, replaced: 1 });
  expect(content.rawScores.replays[1]).toMatchObject({
    outcome: 'oracle_failure',
    reason: 'status 500',
    changes: [
      { id: 'k1', surfaced: false },
      { id: 'k2', surfaced: false },
    ],
  });
});

test('an unscored replay is left out of the means, counted, and says why', () => {
  const content = buildCertificate(input([...three, { groundTruthId: '1', checkpoint: unscored() }]));
  expect(content).toMatchObject({ replayCount: 3, compositeScore: 0.5 });
  expect(content.rawScores.counts).toMatchObject({ scored: 3, unscored: 1, judgeReasks: 3 });
  expect(content.rawScores.replays[0]).toMatchObject({
    groundTruthId: '1',
    outcome: 'unscored',
    precision: null,
    claims: [],
    reason: 'recall: the judge refused "secret text of the diff"',
  });
});

test('the stored part of a certificate has the contract’s form and holds no text of the replays', () => {
  const { rawScores } = buildCertificate(input(three));
  expect(rawScoresSchema.parse(rawScores)).toEqual(rawScores);
  expect(JSON.stringify(rawScores)).not.toContain('const change');
});

test('the order of the replays changes nothing', () => {
  expect(buildCertificate(input(three.toReversed()))).toEqual(buildCertificate(input(three)));
});

test('fewer replays than asked for make a certificate provisional', () => {
  expect(buildCertificate(input(three)).rawScores.provisional).toBe(false);
  expect(buildCertificate(input(three, { minReplays: 4 })).rawScores.provisional).toBe(true);
});

test('the scoring model is the one that answered most often, or the requested one if none answered', () => {
  const [first, failed] = three;
  const answered = {
    ...three[2],
    checkpoint: judgedCheckpoint({ claims: [true], changes: [true], replyAccuracy: 1 }, 'another'),
  };
  if (!first || !failed) throw new Error('unreachable');
  expect(buildCertificate(input([first, failed])).scoringModel).toBe('offline-1');
  expect(
    buildCertificate(
      input([
        { ...answered, groundTruthId: '1' },
        { ...answered, groundTruthId: '2' },
        { ...first, groundTruthId: '3' },
      ]),
    ),
  ).toMatchObject({
    scoringModel: 'another',
    replayScores: [{ scoringModel: 'another' }, { scoringModel: 'another' }, { scoringModel: 'offline-1' }],
  });
});

test('a replay’s latency is the time of its three verdicts', () => {
  expect(buildCertificate(input(three)).replayScores.map(({ scoringLatencyMs }) => scoringLatencyMs)).toEqual(
    [30, 0, 30],
  );
});

const paid = (costUsd: number | null): JudgeUsage => ({ ...noUsage, calls: 1, inputTokens: 100, costUsd });
const withUsage = (usage: JudgeUsage) => {
  const checkpoint = judgedCheckpoint({ claims: [true], changes: [true], replyAccuracy: 1 });
  return { ...checkpoint, precision: { ...checkpoint.precision, usage } };
};

test('usage is summed over every call, including those on replaced changes', () => {
  const content = buildCertificate(
    input([
      { groundTruthId: '1', checkpoint: withUsage(paid(0.5)) },
      { groundTruthId: '2', checkpoint: keylessCheckpoint(paid(0.25)) },
    ]),
  );
  expect(content.rawScores.usage).toMatchObject({ calls: 2, inputTokens: 200, costUsd: 0.75 });
  expect(content.rawScores.replays).toHaveLength(1);
});

test('the cost is unknown as soon as one call’s is, and zero if no call was made', () => {
  const costOf = (...usages: JudgeUsage[]) =>
    buildCertificate(
      input(usages.map((usage, index) => ({ groundTruthId: `${index}`, checkpoint: withUsage(usage) }))),
    ).rawScores.usage.costUsd;
  expect(costOf(paid(0.5), paid(null))).toBeNull();
  expect(costOf(noUsage)).toBe(0);
});

test('only scores and counts of a private repository reach a certificate', () => {
  const content = buildCertificate(
    input([...three, { groundTruthId: 'secret-branch', checkpoint: unscored() }], {
      draw: { ...draw, private: true },
    }),
  );
  expect(content).toMatchObject({ groundTruthSource: 'private repository', commitRange: null });
  expect(content.replayScores.map(({ groundTruthId }) => groundTruthId)).toEqual(['1', '2', '3']);
  const published = JSON.stringify(content);
  for (const word of ['secret', 'acme', 'aaaa', 'answered 500', '"k1"', '"c1"'])
    expect(published).not.toContain(word);
  expect(content.rawScores.replays.map(({ reason }) => reason)).toEqual([
    null,
    'status 500',
    null,
    'A verdict was not obtained.',
  ]);
});

test('a run in which the oracle never gave an HTTP answer is a mistake, not a verdict', () => {
  const build = () =>
    buildCertificate(
      input([
        { groundTruthId: '1', checkpoint: failedCheckpoint(2, false) },
        { groundTruthId: '2', checkpoint: failedCheckpoint(2, false) },
      ]),
    );
  expect(build).toThrow(Uncertifiable);
  expect(build).toThrow(/connection: Nothing listens there\..*mistake, not a verdict/);
});

test('an oracle that accepted no question is a mistake too, but one that fails on its own is not', () => {
  const answering = (status: number): ReplayCheckpoint => {
    const { oracle, ...rest } = failedCheckpoint(2);
    if (oracle?.kind !== 'failure') return expect.unreachable();
    return { ...rest, oracle: { ...oracle, detail: `The oracle answered ${status}.`, status } };
  };
  const build = (...statuses: number[]) =>
    buildCertificate(
      input(statuses.map((status, place) => ({ groundTruthId: `${place}`, checkpoint: answering(status) }))),
    );
  for (const status of [302, 401, 403, 404])
    expect(() => build(status, 401)).toThrow(
      new RegExp(`accepted no question .*answered ${status}\\..*headers`),
    );
  expect(build(401, 500)).toMatchObject({ replayCount: 2, compositeScore: 0 });
});

test('one HTTP answer among connection failures is enough for a certificate', () => {
  const content = buildCertificate(
    input([
      { groundTruthId: '1', checkpoint: failedCheckpoint(2, false) },
      { groundTruthId: '2', checkpoint: failedCheckpoint(2) },
    ]),
  );
  expect(content).toMatchObject({ replayCount: 2, compositeScore: 0, brier: 0.5 });
});

test('a run without a scored replay gets no certificate, and the error says why', () => {
  const build = () =>
    buildCertificate(input([{ groundTruthId: '1', checkpoint: unscored('no connection') }]));
  expect(build).toThrow(Uncertifiable);
  expect(build).toThrow('no connection');
  expect(() => buildCertificate(input([]))).toThrow('more substantial changes');
});

const garbage = "no usable answer key after asking 4 times: the judge's answer was malformed (not JSON)";
const spoilt = (reason: string) => keylessCheckpoint(undefined, { cause: 'judge', reason });
const chat = { provider: 'chat', model: 'small-1', endpoint: 'http://127.0.0.1:8000' } as const;

describe.each([
  ['chat', chat, ['small-1', 'chat at http://127.0.0.1:8000']],
  ['anthropic', { provider: 'anthropic', model: 'm-1', endpoint: null } as const, ['m-1 (anthropic)']],
])('a run without a scored replay under the %s judge', (_, identity, named) => {
  const messageOf = (...checkpoints: ReplayCheckpoint[]): string => {
    const replays = checkpoints.map((checkpoint, place) => ({ groundTruthId: `${place}`, checkpoint }));
    try {
      buildCertificate({ ...input(replays), judge: { ...identity, promptDigest: 'd' } });
    } catch (error) {
      if (error instanceof Uncertifiable) return error.message;
      throw error;
    }
    return expect.unreachable();
  };
  const blamesRepository = (message: string) => message.includes('more substantial changes');
  const blamesJudge = (message: string) =>
    message.includes('Choose another judge or model') && named.every((name) => message.includes(name));

  test('blames the judge for keys and verdicts that it failed to give, with its reason and the counts', () => {
    for (const reason of [garbage, "the judge's answer was cut off", 'the judge refused to answer']) {
      const message = messageOf(spoilt(reason), spoilt('later'));
      expect([blamesJudge(message), blamesRepository(message)]).toEqual([true, false]);
      expect(message).toContain(reason);
      expect(message).toContain('2 changes');
    }
    const message = messageOf(unscored('no usable verdict'), spoilt(garbage));
    expect([blamesJudge(message), blamesRepository(message)]).toEqual([true, false]);
    // One of each: neither count holds the other.
    expect(message).toMatch(/ 1 change ended unscored.*Of 1 change,/);
  });

  test('blames the repository alone where the judge found nothing in the changes', () => {
    const message = messageOf(keylessCheckpoint(), keylessCheckpoint());
    expect([blamesJudge(message), blamesRepository(message)]).toEqual([false, true]);
    expect(message).toContain('In 2 changes');
  });

  test('says both of a mixture, each with its number', () => {
    const message = messageOf(spoilt(garbage), keylessCheckpoint(), keylessCheckpoint());
    expect([blamesJudge(message), blamesRepository(message)]).toEqual([true, true]);
    expect(message).toMatch(/Of 1 change,.*In 2 changes,/);
  });
});

test('the offline check has no other model, so nobody is told to choose one', () => {
  const run = { ...input([{ groundTruthId: '1', checkpoint: keylessCheckpoint() }]) };
  const build = () => buildCertificate({ ...run, judge: { ...run.judge, provider: 'offline' } });
  expect(build).toThrow('the offline check found nothing');
  expect(build).not.toThrow('another judge');
});

test('a replay that has not ended is not certified', () => {
  expect(() => buildCertificate(input([{ groundTruthId: '1', checkpoint: {} }]))).toThrow('has not ended');
});
