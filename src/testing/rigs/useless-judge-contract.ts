import { expect, test } from 'vitest';
import { noUsage } from '#contracts/replay.ts';
import type { JudgeReply, JudgeTask } from '#verification/judges/judge.ts';
import { offlineReply, type Script, unavailable } from './scripted-engine.ts';

/** A run of `drawn` changes from "1" on, with `reserve` others, one replay at a time. */
export type JudgedRun = {
  /** Starts or resumes it and waits for its end: the message of a run that stopped, or null of one that went on to its end. */
  start(): Promise<string | null>;
  /** The questions to the judge, as `measure:change`. */
  calls: string[];
};

const faulty = (fault: 'malformed' | 'refused' | 'truncated' | 'rejected'): JudgeReply => ({
  ...unavailable(''),
  ok: false,
  fault,
  detail: '',
});
/** A form without content, as weak models return it. */
const empty = offlineReply({});
const isVerdict = ({ measure }: JudgeTask) => measure !== 'answer_key';

/** The changes whose replays asked the judge anything. */
const judgedIn = (calls: string[]) => new Set(calls.map((call) => call.split(':')[1])).size;

/** How every store of a run must stop one whose judge is useless. */
export const uselessJudgeContract = (
  open: (draw: { drawn: number; reserve: number }, judge: NonNullable<Script['judge']>) => Promise<JudgedRun>,
): void => {
  test.each<[string, JudgeReply]>([
    ['garbage', faulty('malformed')],
    ['answers that are cut off', faulty('truncated')],
    ['refusals', faulty('refused')],
    ['rejections', faulty('rejected')],
  ])('a judge that gives nothing but %s is asked about five changes', async (_, reply) => {
    const run = await open({ drawn: 20, reserve: 20 }, async () => reply);
    const stopped = await run.start();
    expect(stopped).toMatch(/^In 5 replays in a row .* gave no answer that can be used.*resume/);
    expect(stopped).toContain('Choose another judge');
    // By hand: each of five keys is asked for four times.
    expect([judgedIn(run.calls), run.calls.length]).toEqual([5, 20]);
  });

  test.each<[string, (task: JudgeTask) => boolean, JudgeReply]>([
    ['every verdict', isVerdict, faulty('malformed')],
    ['empty forms instead of every verdict', isVerdict, empty],
    ['recall alone', ({ measure }) => measure === 'recall', faulty('truncated')],
  ])('a judge that makes keys, but fails in %s, is asked about five changes', async (_, fails, reply) => {
    const run = await open({ drawn: 20, reserve: 0 }, async (task) => (fails(task) ? reply : undefined));
    expect(await run.start()).toMatch(/^In 5 replays in a row .*The last time: .*after asking 4 times/);
    expect(judgedIn(run.calls)).toBe(5);
  });

  test('a judge that fails in some replays, but not in so many in a row, is asked to the end', async () => {
    const run = await open({ drawn: 12, reserve: 12 }, async (_, { id }) =>
      Number(id) % 3 === 0 ? undefined : faulty('malformed'),
    );
    expect(await run.start()).toBeNull();
    expect(judgedIn(run.calls)).toBeGreaterThan(12);
  });

  test('a judge that served and then fails for good is asked about ten changes more', async () => {
    const run = await open({ drawn: 20, reserve: 20 }, async (_, { id }) =>
      Number(id) <= 2 ? undefined : faulty('malformed'),
    );
    expect(await run.start()).toMatch(/^In 10 replays in a row /);
    expect(judgedIn(run.calls)).toBe(12);
  });

  test('a judge that finds nothing in any change is asked about ten', async () => {
    const run = await open({ drawn: 20, reserve: 20 }, async () => empty);
    expect(await run.start()).toMatch(/^In 10 replays in a row .*no changes named/);
    expect(judgedIn(run.calls)).toBe(10);
  });

  test('a rule that decides nothing in any change is asked to the end: it costs nothing', async () => {
    const free = { ...empty, usage: noUsage };
    const run = await open({ drawn: 20, reserve: 0 }, async () => free);
    expect(await run.start()).toMatch(/^No replay was scored/);
    expect(judgedIn(run.calls)).toBe(20);
  });

  test('what lies in a few changes or in an outage is not held against a judge', async () => {
    const run = await open({ drawn: 8, reserve: 16 }, async ({ measure }, { id }) => {
      if (measure !== 'answer_key') return undefined;
      if (Number(id) <= 7) return empty;
      return Number(id) <= 14 ? unavailable('no connection') : undefined;
    });
    expect(await run.start()).toBeNull();
  });

  test('a stopped run is resumed, and only what is asked since counts', async () => {
    let mended = false;
    const run = await open({ drawn: 12, reserve: 12 }, async () =>
      mended ? undefined : faulty('malformed'),
    );
    for (const asked of [5, 10]) {
      expect(await run.start()).toMatch(/^In 5 replays in a row/);
      expect(judgedIn(run.calls)).toBe(asked);
    }
    mended = true;
    expect(await run.start()).toBeNull();
  });
};
