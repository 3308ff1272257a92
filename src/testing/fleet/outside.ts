import { setTimeout as delay } from 'node:timers/promises';
import { answerPlausibly, fencedPieces, measureOf } from '../fakes/anthropic/answers.ts';
import { type AnthropicFake, startAnthropicFake } from '../fakes/anthropic/anthropic-fake.ts';
import { startGitHubFake } from '../fakes/github/github-fake.ts';
import { fakePullRequest, fakeRepository } from '../fakes/github/repository.ts';
import { describeChange, startOracleFake } from '../fakes/oracles/http-fake.ts';

/** One call that a fake saw. */
export type Call = {
  /** The number of its change. Each change belongs to one run. */
  change: number;
  /** What was asked. Repeated calls have the same question. */
  question: string;
  /** The worker that made the call, by its place in the fleet. */
  worker: number;
  /** When it arrived and when it was answered, in milliseconds since the epoch. Null: it is open. */
  from: number;
  until: number | null;
};

export type Outside = {
  /** Environment for the worker at this place. Each worker has its own judge, so that its calls are recognised. */
  settingsOf(worker: number): Record<string, string>;
  oracleUrl: string;
  /** All calls since this list was last emptied. */
  calls: Call[];
  latency: { githubMs: number; oracleMs: number; judgeMs: number };
  /** From now on GitHub’s limit is reached for whoever asks about this run’s repository, for so many seconds. */
  limitSource(run: number, seconds: number): void;
  /** Leaves the calls that this accepts without an answer, until the returned function is called. */
  hold(isHeld: (call: Omit<Call, 'from' | 'until'>) => boolean): () => void;
  close(): Promise<void>;
};

/** Changes of different runs have different numbers, so runs share no answer key. */
const numbersPerRun = 10_000;

/** The judge whose API is faked. */
export const outsideJudge = 'anthropic';

export const repositoryOf = (run: number) => `octo/run-${run}`;

const runOfChange = (change: number) => Math.floor(change / numbersPerRun) - 1;

/** When the first call about each change of a run arrived. */
export const startsOfReplays = ({ calls }: Pick<Outside, 'calls'>, run: number): number[] => {
  const starts = new Map<number, number>();
  for (const { change, from } of calls)
    if (runOfChange(change) === run && !starts.has(change)) starts.set(change, from);
  return [...starts.values()];
};

const mergedAt = (place: number) => new Date(Date.UTC(2025, 0, 1) + place * 3_600_000).toISOString();

const changeIn = (text: string): number => {
  const number = /\bsrc\/file(\d+)\.ts\b/.exec(text)?.[1];
  if (number === undefined) throw new Error('A call names no change.');
  return Number(number);
};

/**
 * What a judge is asked, without the fence around it, because each worker draws its own nonce, and without the claims:
 * which canaries are among them depends on what the run has shown before, and so on the order of its replays.
 */
const questionOf = (user: string) => {
  const measure = measureOf(user);
  return measure === 'precision' ? measure : `${measure} ${JSON.stringify(fencedPieces(user))}`;
};

/** GitHub, oracle and judges of a fleet, in this process. They record which calls were open when. */
export const openOutside = async ({
  workers,
  changes,
}: {
  workers: number;
  /** How many changes each run's repository has. */
  changes: number[];
}): Promise<Outside> => {
  const calls: Call[] = [];
  const latency = { githubMs: 0, oracleMs: 20, judgeMs: 20 };
  let isHeld: Parameters<Outside['hold']>[0] = () => false;
  let released: Promise<void> | undefined;
  /** Which worker asked the judge about a change last. All workers use one oracle address; the same worker asks it. */
  const askedLast = new Map<number, number>();

  const during = async <T>(call: Omit<Call, 'from' | 'until'>, ms: number, answer: () => T): Promise<T> => {
    const entry: Call = { ...call, from: Date.now(), until: null };
    calls.push(entry);
    if (isHeld(call)) await released;
    await delay(ms);
    entry.until = Date.now();
    return answer();
  };

  const github = await startGitHubFake({ delayMs: () => latency.githubMs });
  for (const [run, count] of changes.entries()) {
    const first = (run + 1) * numbersPerRun;
    github.repositories.push(
      fakeRepository({
        id: first,
        name: `run-${run}`,
        pulls: Array.from({ length: count }, (_, place) =>
          fakePullRequest({ number: first + place, mergedAt: mergedAt(place), createdAt: mergedAt(place) }),
        ),
      }),
    );
  }
  const oracle = await startOracleFake((request) => {
    const change = changeIn(request.pr.diff_content);
    const call = {
      change,
      question: `oracle ${request.follow_up_question}`,
      worker: askedLast.get(change) ?? 0,
    };
    return during(call, latency.oracleMs, () => ({ kind: 'answer', answer: describeChange(request) }));
  });
  const judges: AnthropicFake[] = [];
  for (let worker = 0; worker < workers; worker += 1) {
    judges.push(
      await startAnthropicFake({
        behave: (request) => {
          const change = changeIn(request.system.join('\n'));
          askedLast.set(change, worker);
          return during({ change, question: questionOf(request.user), worker }, latency.judgeMs, () => ({
            kind: 'answer',
            answer: answerPlausibly(request),
          }));
        },
      }),
    );
  }
  return {
    settingsOf: (worker) => ({
      GITHUB_API_URL: github.url,
      GITHUB_SERVER_URL: github.url,
      ANTHROPIC_API_KEY: 'sk-ant-test',
      ANTHROPIC_BASE_URL: judges[worker % workers]?.url ?? '',
    }),
    oracleUrl: oracle.url,
    calls,
    latency,
    limitSource: (run, seconds) => {
      const repository = github.repositories[run];
      if (repository === undefined) throw new Error(`There is no repository of run ${run}.`);
      repository.limitedUntil = Date.now() + seconds * 1_000;
    },
    hold: (held) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      released = promise;
      isHeld = held;
      return () => {
        isHeld = () => false;
        resolve();
      };
    },
    close: async () => {
      await Promise.all([github.close(), oracle.close(), ...judges.map((judge) => judge.close())]);
    },
  };
};
