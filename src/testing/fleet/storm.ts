import { setTimeout as delay } from 'node:timers/promises';
import type { FleetPostgres } from './postgres.ts';
import type { FleetProgram } from './program.ts';
import type { Cut } from './repeated-calls.ts';

export type Stricken = { workers: FleetProgram[]; web: FleetProgram | null; database: FleetPostgres };

export type Storm = {
  /** What cut off calls. */
  cuts: Cut[];
  /** How many disturbances struck the database: at each of them an attempt may end in an error. */
  databaseFaults: number;
  /** Resolves when `stop` was called or the last disturbance struck, and all that was struck is up again. */
  over: Promise<void>;
  stop(): void;
};

const kinds = [
  'kill a worker',
  'pause a worker',
  'restart a worker',
  'move a worker’s clock',
  'restart the database',
  'crash the database',
  'cut all connections',
] as const;
type Kind = (typeof kinds)[number] | 'kill the web server';

/**
 * How long a worker that was paused may take, once it runs again, to learn that its leases are lost: what waited within
 * it for its turn at the judge is sent until then.
 */
const resumedMs = 1_000;

const hourMs = 3_600_000;

const shuffled = <T>(items: readonly T[], random: () => number): T[] =>
  items
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);

/**
 * Every 3 to 5 seconds something of the fleet is killed, paused, restarted or its clock moved: each kind once in every round, in an
 * order that the seed decides, until `rounds` are through or it is stopped.
 */
export const startStorm = (
  { workers, web, database }: Stricken,
  { random, rounds, say }: { random: () => number; rounds: number; say: (line: string) => void },
): Storm => {
  const stopping = new AbortController();
  const cuts: Cut[] = [];
  const all = [...workers.keys()];
  /** Of a worker, the database or the web server one thing happens at a time. */
  const busy = new Set<string>();
  const underWay = new Set<Promise<void>>();
  const beganAt = Date.now();
  let databaseFaults = 0;

  const strike = (
    kind: Kind,
    who: string,
    { cutOff, knowsAfterMs = null }: { cutOff: readonly number[]; knowsAfterMs?: number | null },
    act: () => Promise<void>,
  ) => {
    say(
      `${((Date.now() - beganAt) / 1000).toFixed(1).padStart(6)} s  ${kind}${who === '' ? '' : ` (${who})`}`,
    );
    const cut = { workers: cutOff, from: Date.now(), until: Date.now() };
    if (cutOff.length > 0) cuts.push(cut);
    if (knowsAfterMs !== null) cut.until = Number.POSITIVE_INFINITY;
    busy.add(who);
    const acting: Promise<void> = act().finally(() => {
      if (knowsAfterMs !== null) cut.until = Date.now() + knowsAfterMs;
      busy.delete(who);
      underWay.delete(acting);
    });
    acting.catch(() => {});
    underWay.add(acting);
  };

  const strikeWorker = (kind: Kind) => {
    // Drawn whatever is struck, so that the same seed gives the same order.
    const order = shuffled(all, random);
    const place = order.find((candidate) => !busy.has(`worker ${candidate}`));
    const worker = place === undefined ? undefined : workers[place];
    const pausedMs = 8_000 + random() * 12_000;
    const movedMs = (random() - 0.5) * 4 * hourMs;
    if (place === undefined || worker === undefined) return;
    const who = `worker ${place}`;
    if (kind === 'kill a worker') strike(kind, who, { cutOff: [place] }, worker.kill);
    else if (kind === 'restart a worker') strike(kind, who, { cutOff: [] }, worker.restart);
    else if (kind === 'move a worker’s clock')
      strike(kind, who, { cutOff: [] }, async () => {
        await worker.moveClock(movedMs);
        await delay(pausedMs, undefined, { signal: stopping.signal }).catch(() => {});
        await worker.moveClock(0);
      });
    else
      strike(kind, who, { cutOff: [place], knowsAfterMs: resumedMs }, async () => {
        worker.pause();
        await delay(pausedMs, undefined, { signal: stopping.signal }).catch(() => {});
        await worker.resume();
      });
  };

  const strikeDatabase = (kind: Kind, act: () => Promise<void>) => {
    if (busy.has('database')) return;
    databaseFaults += 1;
    // A database that is away keeps on cutting off what ends meanwhile.
    strike(kind, 'database', { cutOff: all, knowsAfterMs: 0 }, act);
  };

  const strikeNext = (kind: Kind) => {
    switch (kind) {
      case 'restart the database':
        return strikeDatabase(kind, database.restart);
      case 'crash the database':
        return strikeDatabase(kind, database.crash);
      case 'cut all connections':
        return strikeDatabase(kind, database.cutConnections);
      case 'kill the web server':
        if (web !== null && !busy.has('web')) strike(kind, 'web', { cutOff: [] }, web.kill);
        return;
      default:
        return strikeWorker(kind);
    }
  };

  const blow = async () => {
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of shuffled<Kind>(
        [...kinds, ...(web === null ? [] : ['kill the web server' as const])],
        random,
      )) {
        await delay(3_000 + random() * 2_000, undefined, { signal: stopping.signal });
        strikeNext(kind);
      }
    }
  };
  const over = blow()
    .catch((error) => {
      if (!stopping.signal.aborted) throw error;
    })
    .then(async () => {
      // Also where one of them failed: none is left behind.
      await Promise.allSettled(underWay);
      await Promise.all(underWay);
    });
  over.catch(() => {});

  return {
    cuts,
    get databaseFaults() {
      return databaseFaults;
    },
    over,
    stop: () => stopping.abort(),
  };
};
