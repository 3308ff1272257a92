import type { ISql } from 'postgres';

/** The database's clock and this process's own, read at the same moment. */
export type Clocks = { database: Date; process: Date };

type Reading = { clocks: Clocks; roundTripMs: number };

const read = async (sql: ISql): Promise<Reading> => {
  const sentAt = performance.now();
  const [row] = await sql<{ ms: number }[]>`
    select extract(epoch from clock_timestamp())::float8 * 1000 as ms`;
  if (row === undefined) throw new Error('Reading the clock returned no row.');
  const roundTripMs = performance.now() - sentAt;
  return { clocks: { database: new Date(row.ms + roundTripMs / 2), process: new Date() }, roundTripMs };
};

export const readClocks = async (sql: ISql): Promise<Clocks> => (await read(sql)).clocks;

export type DatabaseClock = {
  /**
   * The database's time: its last reading, and what this process's timer has counted since. Setting this machine's
   * clock changes nothing. Before the first reading it is the process's own time.
   */
  now: () => Date;
  /** Asks the database. */
  read: () => Promise<Clocks>;
  close: () => void;
};

const readEveryMs = 5_000;
/** The error is at most half of this. A worse reading is used only if there is no recent one. */
const goodRoundTripMs = 500;
const recentMs = 60_000;

/**
 * The one clock of an installation: times that processes store or compare come from it, because their own clocks may
 * differ by hours. It reads the database's time again and again.
 */
export const openDatabaseClock = (sql: ISql): DatabaseClock => {
  let last: { databaseMs: number; timerMs: number } | null = null;
  const readNow = async (): Promise<Clocks> => {
    const { clocks, roundTripMs } = await read(sql);
    const timerMs = performance.now();
    if (last === null || roundTripMs <= goodRoundTripMs || timerMs - last.timerMs > recentMs)
      last = { databaseMs: clocks.database.getTime(), timerMs };
    return clocks;
  };
  let reading = false;
  const readInTurn = async () => {
    if (reading) return;
    reading = true;
    // While the database is away nothing is stored or compared.
    await readNow().catch(() => undefined);
    reading = false;
  };
  void readInTurn();
  const timer = setInterval(() => void readInTurn(), readEveryMs);
  timer.unref();
  return {
    now: () => new Date(last === null ? Date.now() : last.databaseMs + performance.now() - last.timerMs),
    read: readNow,
    close: () => clearInterval(timer),
  };
};
