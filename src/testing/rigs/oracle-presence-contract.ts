import { expect, test } from 'vitest';
import type { OracleFailure, OracleOutcome } from '#contracts/oracle.ts';
import type { ReplayOutcome } from '#contracts/replay.ts';

/** How a start of a run ended: certified, with each replay's outcome; failed, with the message; or stopped. */
export type StartEnd = { certified: Record<string, ReplayOutcome> } | { failed: string } | 'stopped';

/** A run of changes "1" to "4" in this order, one replay at a time, on a clock that moves only while the run waits. */
export type RunUnderTest = {
  /**
   * Starts or resumes the run and waits for its end.
   * @param stopBefore stops the run before this change's turn
   */
  start(stopBefore?: string): Promise<StartEnd>;
  now(): number;
  /** How often the judge was asked. */
  judgeCalls(): number;
};

/** The oracle's outcome for a change. Undefined: it answers. */
type Says = (change: string) => OracleOutcome | undefined;
/** What a look at the oracle finds. */
export type Looks = () => OracleFailure | null;

const failing = (more: Partial<OracleFailure>): OracleFailure => ({
  kind: 'failure',
  reason: 'connection',
  detail: 'The connection broke.',
  httpAnswered: false,
  latencyMs: 1,
  retries: 2,
  ...more,
});
/** Nothing listens at its address. */
const away = failing({ detail: 'Nothing listens.', unreachable: true });
/** It takes the question and hangs up. */
const dropped = failing({});
const refused = (status: number) =>
  failing({ reason: 'status', detail: `The oracle answered ${status}.`, httpAnswered: true, status });

const minuteMs = 60_000;
const all = (outcome: ReplayOutcome) => ({ '1': outcome, '2': outcome, '3': outcome, '4': outcome });
const scored = { certified: all('scored') };

/**
 * How every store of a run must decide whether the oracle was there.
 * @param open opens a new run whose oracle answers by `says`
 */
export const oraclePresenceContract = (open: (says: Says, looks: Looks) => Promise<RunUnderTest>): void => {
  /** A run whose oracle behaves like `first` until `nowSays`, and how long its starts have waited in all. */
  const opened = async (first: Says, firstLook: Looks = () => null) => {
    let [says, looks] = [first, firstLook];
    const run = await open(
      (change) => says(change),
      () => looks(),
    );
    const begun = run.now();
    return {
      start: run.start,
      waitedMs: () => run.now() - begun,
      now: run.now,
      judgeCalls: run.judgeCalls,
      nowSays: (next: Says) => {
        says = next;
      },
      nowLooks: (next: Looks) => {
        looks = next;
      },
    };
  };
  const answering: Says = () => undefined;

  test('an oracle that is never reached is reported as a mistake at once, each time; once it is reached nothing counts against it', async () => {
    const run = await opened(() => away);
    for (let start = 0; start < 2; start += 1)
      expect(await run.start()).toEqual({
        failed: expect.stringMatching(/In 4 replays the oracle gave no HTTP answer .*mistake, not a verdict/),
      });
    expect(run.waitedMs()).toBeLessThan(minuteMs);
    run.nowSays(answering);
    expect(await run.start()).toEqual(scored);
  });

  test('an oracle that a look cannot reach costs no judge call, each time; once it is reached nothing counts against it', async () => {
    const run = await opened(
      () => away,
      () => away,
    );
    for (let start = 0; start < 2; start += 1)
      expect(await run.start()).toEqual({
        failed: expect.stringMatching(
          /cannot be reached, so the judge was not asked .*Nothing listens.*mistake/,
        ),
      });
    expect([run.judgeCalls(), run.waitedMs() < minuteMs]).toEqual([0, true]);
    run.nowSays(answering);
    run.nowLooks(() => null);
    expect(await run.start()).toEqual(scored);
  });

  test('the resumed run waits for an oracle that answered before and cannot be reached now, at no judge call', async () => {
    const run = await opened(answering);
    expect(await run.start('3')).toBe('stopped');
    const before = run.judgeCalls();
    run.nowSays(() => away);
    run.nowLooks(() => away);
    expect(await run.start()).toEqual({ failed: expect.stringContaining('cannot be reached') });
    expect([run.judgeCalls(), run.waitedMs() >= 10 * minuteMs]).toEqual([before, true]);
    const back = run.now() + 5 * minuteMs;
    run.nowLooks(() => (run.now() < back ? away : null));
    run.nowSays(answering);
    expect(await run.start()).toEqual(scored);
  });

  test('once the oracle has answered, it is not looked at again', async () => {
    let looks = 0;
    const run = await opened(answering, () => {
      looks += 1;
      return null;
    });
    expect(await run.start()).toEqual(scored);
    expect(looks).toBe(1);
  });

  test('an oracle that refuses every question is reported as a mistake', async () => {
    const run = await opened(() => refused(401));
    expect(await run.start()).toEqual({
      failed: expect.stringMatching(/In 4 replays the oracle accepted no question .*401.*headers/),
    });
    run.nowSays(answering);
    expect(await run.start()).toEqual(scored);
  });

  test('the run waits for an oracle that was reached and is away, and nothing counts against one that comes back', async () => {
    const run = await opened(answering);
    let back = Number.POSITIVE_INFINITY;
    run.nowSays((change) => {
      if (change === '1') return undefined;
      if (change === '2' && back === Number.POSITIVE_INFINITY) back = run.now() + 5 * minuteMs;
      return run.now() < back ? away : undefined;
    });
    expect(await run.start()).toEqual(scored);
    expect(run.waitedMs()).toBeGreaterThanOrEqual(5 * minuteMs);
  });

  test('an oracle that was reached and stays away fails its questions after the run waited ten minutes', async () => {
    const run = await opened((change) => (change === '1' ? undefined : away));
    expect(await run.start()).toEqual({ certified: { ...all('oracle_failure'), '1': 'scored' } });
    expect(run.waitedMs()).toBeGreaterThanOrEqual(10 * minuteMs);
  });

  test.each(['1', '3'])('refusing only change %s is an oracle failure if others are answered', async (id) => {
    const run = await opened((change) => (change === id ? refused(403) : undefined));
    expect(await run.start()).toEqual({ certified: { ...all('scored'), [id]: 'oracle_failure' } });
  });

  test('questions left unanswered before the first answer are failures too', async () => {
    const run = await opened((change) => (Number(change) < 3 ? dropped : undefined));
    expect(await run.start()).toEqual({
      certified: { ...all('scored'), '1': 'oracle_failure', '2': 'oracle_failure' },
    });
  });

  test.each([
    [
      'refuses every question',
      refused(401),
      /In 2 replays since the run was resumed the oracle accepted no question/,
    ],
    [
      'hangs up on every question',
      dropped,
      /In 2 replays since the run was resumed the oracle gave no HTTP answer/,
    ],
  ])(
    'an oracle that %s since the run was resumed counts as absent each time, whatever it answered before',
    async (_, outcome, words) => {
      const run = await opened(answering);
      expect(await run.start('3')).toBe('stopped');
      run.nowSays(() => outcome);
      for (let start = 0; start < 2; start += 1)
        expect(await run.start()).toEqual({ failed: expect.stringMatching(words) });
      run.nowSays(answering);
      expect(await run.start()).toEqual(scored);
    },
  );

  test('the resumed run waits for an oracle that answered before, and one that stays away counts as absent', async () => {
    const run = await opened(answering);
    expect(await run.start('3')).toBe('stopped');
    run.nowSays(() => away);
    expect(await run.start()).toEqual({ failed: expect.stringContaining('since the run was resumed') });
    expect(run.waitedMs()).toBeGreaterThanOrEqual(10 * minuteMs);
    run.nowSays(answering);
    expect(await run.start()).toEqual(scored);
  });

  test('a failure among answers since the run was resumed is an oracle failure', async () => {
    const run = await opened(answering);
    expect(await run.start('2')).toBe('stopped');
    run.nowSays((change) => (change === '3' ? dropped : undefined));
    expect(await run.start()).toEqual({ certified: { ...all('scored'), '3': 'oracle_failure' } });
  });

  test('refusing the only remaining change is an oracle failure, so that the run ends', async () => {
    const run = await opened(answering);
    expect(await run.start('4')).toBe('stopped');
    run.nowSays(() => refused(403));
    expect(await run.start()).toEqual({ certified: { ...all('scored'), '4': 'oracle_failure' } });
  });

  test('leaving the only remaining change unanswered twice is an oracle failure, so that the run ends', async () => {
    const run = await opened(answering);
    expect(await run.start('4')).toBe('stopped');
    run.nowSays(() => dropped);
    expect(await run.start()).toEqual({
      failed: expect.stringMatching(/In 1 replay since the run was resumed .*unanswered again, that counts/),
    });
    expect(await run.start()).toEqual({ certified: { ...all('scored'), '4': 'oracle_failure' } });
  });

  test('the only remaining change is no failure while the oracle cannot be reached', async () => {
    const run = await opened(answering);
    expect(await run.start('4')).toBe('stopped');
    run.nowSays(() => away);
    for (let start = 0; start < 2; start += 1)
      expect(await run.start()).toEqual({ failed: expect.stringContaining('no HTTP answer') });
    run.nowSays(answering);
    expect(await run.start()).toEqual(scored);
  });
};
