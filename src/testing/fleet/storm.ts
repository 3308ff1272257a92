import { setTimeout as delay } from 'node:timers/promises';
import { bounds } from '#db/connect.ts';
import type { FleetPostgres } from './postgres.ts';
import type { FleetProgram } from './program.ts';
import type { Strike } from './recoveries.ts';
import type { Cut } from './repeated-calls.ts';
import type { Process, WaysToDatabase } from './ways-to-database.ts';

export type Stricken = {
  workers: FleetProgram[];
  web: FleetProgram | null;
  database: FleetPostgres;
  ways: WaysToDatabase;
};

export type Storm = {
  /** The disturbances that cut off calls. */
  cuts: Cut[];
  strikes: Strike[];
  /** How many disturbances struck the database or the way to it. Each may end one try of a job in an error. */
  databaseFaults: number;
  /** Resolves after `stop` or the last disturbance, once everything is running again. */
  over: Promise<void>;
  stop(): void;
};

const kinds = [
  'kill a worker',
  'pause a worker',
  'restart a worker',
  'move a worker’s clock',
  'restart the database',
  'kill the postmaster',
  'cut all connections',
  'silence a process',
  'silence all processes',
] as const;
type Kind = (typeof kinds)[number] | 'kill the web server';

/**
 * How long a paused worker may take, once it runs again, to learn that its leases are lost. Until then it still sends
 * calls that were waiting in it for the judge.
 */
const resumedMs = 1_000;

/**
 * How long it may take until every process has given up its silent connections. What they carried is lost. It is also
 * longer than the server keeps a transaction whose client is silent, so no old statement arrives when packets pass again.
 */
const silenceMs = bounds.silenceMs + 10_000;

const nameOf = (process: Process) => (process === 'web' ? 'web' : `worker ${process}`);

const hourMs = 3_600_000;

const shuffled = <T>(items: readonly T[], random: () => number): T[] =>
  items
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);

/**
 * Disturbs the fleet every 3 to 5 seconds: something is killed, paused, restarted or silenced, or its clock is
 * moved. Each round has every kind once, in an order that `random` decides. It ends after `rounds` or by `stop`.
 */
export const startStorm = (
  { workers, web, database, ways }: Stricken,
  { random, rounds, say }: { random: () => number; rounds: number; say: (line: string) => void },
): Storm => {
  const stopping = new AbortController();
  const cuts: Cut[] = [];
  const strikes: Strike[] = [];
  const all = [...workers.keys()];
  /** What is being disturbed. Nothing is disturbed twice at once. A process and its connections are two things. */
  const busy = new Set<string>();
  const underWay = new Set<Promise<void>>();
  const beganAt = Date.now();
  let databaseFaults = 0;

  const strike = (
    kind: Kind,
    who: string,
    {
      cutOff,
      struck = cutOff,
      knowsAfterMs = null,
      detail = '',
    }: {
      cutOff: readonly number[];
      struck?: readonly number[];
      knowsAfterMs?: number | null;
      detail?: string;
    },
    act: () => Promise<void>,
  ) => {
    say(`${((Date.now() - beganAt) / 1000).toFixed(1).padStart(6)} s  ${kind} (${who}${detail})`);
    strikes.push({ kind, workers: struck, at: Date.now() });
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
    // Always drawn, so that the same seed gives the same order.
    const order = shuffled(all, random);
    const place = order.find((candidate) => !busy.has(`worker ${candidate}`));
    const worker = place === undefined ? undefined : workers[place];
    const pausedMs = 8_000 + random() * 12_000;
    const movedMs = (random() - 0.5) * 4 * hourMs;
    if (place === undefined || worker === undefined) return;
    const who = nameOf(place);
    if (kind === 'kill a worker') strike(kind, who, { cutOff: [place] }, worker.kill);
    else if (kind === 'restart a worker') strike(kind, who, { cutOff: [], struck: [place] }, worker.restart);
    else if (kind === 'move a worker’s clock')
      strike(kind, who, { cutOff: [], struck: [place] }, async () => {
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
    // While the database is away, it also cuts off calls that end meanwhile.
    strike(kind, 'database', { cutOff: all, knowsAfterMs: 0 }, act);
  };

  const strikeConnections = (
    kind: Kind,
    who: string,
    struck: readonly number[],
    { silenced, pass = () => {} }: { silenced: string; pass?: () => void },
  ) => {
    databaseFaults += 1;
    strike(kind, who, { cutOff: struck, knowsAfterMs: resumedMs, detail: `: ${silenced}` }, async () => {
      await delay(silenceMs, undefined, { signal: stopping.signal }).catch(() => {});
      pass();
    });
  };

  const silenceOne = (kind: Kind) => {
    for (const process of shuffled(ways.behindProxies, random)) {
      const who = `connections of ${nameOf(process)}`;
      const connections = busy.has(who) ? 0 : ways.silence(process);
      // A process that is just starting has none.
      if (connections === 0) continue;
      const silenced = `${connections} through its proxy`;
      return strikeConnections(kind, who, process === 'web' ? [] : [process], { silenced });
    }
  };

  const silenceAll = (kind: Kind) => {
    const who = 'connections of all';
    if (!busy.has(who)) strikeConnections(kind, who, all, ways.silenceAll());
  };

  const strikeNext = (kind: Kind) => {
    switch (kind) {
      case 'restart the database':
        return strikeDatabase(kind, database.restart);
      case 'kill the postmaster':
        return strikeDatabase(kind, database.killPostmaster);
      case 'cut all connections':
        return strikeDatabase(kind, database.cutConnections);
      case 'silence a process':
        return silenceOne(kind);
      case 'silence all processes':
        return silenceAll(kind);
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
      // Wait for all of them, even if one failed, so that none is left behind.
      await Promise.allSettled(underWay);
      await Promise.all(underWay);
    });
  over.catch(() => {});

  return {
    cuts,
    strikes,
    get databaseFaults() {
      return databaseFaults;
    },
    over,
    stop: () => stopping.abort(),
  };
};
