import { expect, test } from 'vitest';
import { isTerminal } from '#contracts/run.ts';
import type { Actor } from '#services/ground/index.ts';
import { accountOf } from '../rigs/open-to-all.ts';
import { eventually } from './eventually.ts';
import { openFleet } from './open-fleet.ts';
import { startsOfReplays } from './outside.ts';
import { runStates } from './runs.ts';

/**
 * How long a newcomer’s run may take to begin longer than it takes beside nothing else. The comparison leaves out what
 * this machine takes for the steps themselves, which depends on what else it does.
 */
const promisedMs = 3_000;
/** The quickest of so many newcomers counts: a pause of this machine delays one, and an unfair queue all of them. */
const newcomers = 3;
const within = { withinMs: 300_000 };

/** One worker process, and users whose runs have a repository each. */
const openUsers = async (changes: number[]) => {
  const { db, outside, start, show, ...fleet } = await openFleet({ workers: 1, changes });
  // These users do not own the installation, and only its owner may name an oracle on this machine.
  await start({ OUTBOUND_ALLOW: new URL(outside.oracleUrl).origin });

  let users = 0;
  const user = (): Promise<Actor> => accountOf({ db }, { provider: 'github', subject: String(++users) });
  let runs = 0;
  /** Each run gets the next repository. */
  const accept = async (actor: Actor) => {
    const run = runs++;
    return { run, runId: await fleet.accept(run, {}, actor) };
  };
  /** From the acceptance of a new user’s run until its first call to the judge or the oracle, in milliseconds. */
  const newcomerBegins = async () => {
    const actor = await user();
    const { run, runId } = await accept(actor);
    const acceptedAt = Date.now();
    const [first = Number.NaN] = await eventually(
      'The first call of a newcomer’s run',
      async () => startsOfReplays(outside, run),
      (starts) => starts.length > 0,
      within,
    );
    return { ms: first - acceptedAt, state: () => show(runId, actor) };
  };
  /** The same beside nothing else. */
  const beginsAlone = async () => {
    const { ms, state } = await newcomerBegins();
    await eventually('The end of a run', state, ({ status }) => status === 'COMPLETED', within);
    return ms;
  };
  const quickestNewcomer = async () => {
    const times: number[] = [];
    while (times.length < newcomers) times.push((await newcomerBegins()).ms);
    return Math.min(...times);
  };
  return { db, outside, show, user, accept, beginsAlone, quickestNewcomer };
};

test('a run begins within 3 s although another user has 61 more under way or waiting', async () => {
  const backlog = 61;
  const { db, outside, user, accept, beginsAlone, quickestNewcomer } = await openUsers(
    Array.from({ length: 1 + backlog + newcomers }, () => 10),
  );
  Object.assign(outside.latency, { githubMs: 20, oracleMs: 400, judgeMs: 400 });
  const aloneMs = await beginsAlone();
  const busy = await user();
  const theirs: string[] = [];
  while (theirs.length < backlog) theirs.push((await accept(busy)).runId);
  const ms = await quickestNewcomer();
  // The backlog was there all the time.
  const open = (await runStates(db)).filter(({ id, status }) => theirs.includes(id) && !isTerminal(status));
  expect(open.length).toBeGreaterThan(backlog / 2);
  expect(ms).toBeLessThan(aloneMs + promisedMs);
}, 1_200_000);

test('a run begins within 3 s while the runs of two other users wait for GitHub’s limit', async () => {
  const { outside, show, user, accept, beginsAlone, quickestNewcomer } = await openUsers(
    Array.from({ length: 3 + newcomers }, () => 3),
  );
  const aloneMs = await beginsAlone();
  // Until long after this test has ended.
  for (const run of [1, 2]) outside.limitSource(run, 900);
  const limited = await Promise.all(
    [1, 2].map(async () => {
      const actor = await user();
      const { run, runId } = await accept(actor);
      return { run, state: () => show(runId, actor) };
    }),
  );
  const saysLimit = { status: 'INGESTING', waitingFor: expect.stringContaining('rate limit') };
  for (const { state } of limited)
    await eventually('The wait for the limit', state, ({ waitingFor }) => waitingFor !== null, within);
  expect(await quickestNewcomer()).toBeLessThan(aloneMs + promisedMs);
  for (const { run, state } of limited) {
    expect(await state()).toMatchObject(saysLimit);
    expect(startsOfReplays(outside, run)).toEqual([]);
  }
}, 1_200_000);
