import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type postgres from 'postgres';
import { connect } from '#db/connect.ts';
import { accountFor } from '#db/embedded/account.ts';
import { binariesFor } from '#db/embedded/binaries.ts';
import { freePort } from '#db/embedded/free-port.ts';
import { keepServer } from '#db/embedded/keep-server.ts';
import { readPostmasterFile } from '#db/embedded/postmaster.ts';
import { initialise, superuser } from '#db/embedded/server.ts';
import { migrate } from '#db/migrate.ts';
import { installQueues } from '#queue/install.ts';
import { eventually } from './eventually.ts';

/** A Postgres that keeps its address, whatever happens to its server. It is kept as the one of `npm start` is. */
export type FleetPostgres = {
  /** Creates a database with everything that an installation needs, and returns its address. */
  createDatabase(name: string): Promise<string>;
  /** A fast shutdown, as an operator does it, then a start. */
  restart(): Promise<void>;
  /** kill -9 of the postmaster. Resolves once the product has noticed and another accepts connections. */
  killPostmaster(): Promise<void>;
  /** Ends all connections but its own. The server keeps running. */
  cutConnections(): Promise<void>;
  close(): Promise<void>;
};

const password = 'of-a-test-on-loopback';

const mendedWithinMs = 120_000;

/** @param say is told when the server ended unexpectedly and starts again. */
export const startPostgres = async (say: (line: string) => void = () => {}): Promise<FleetPostgres> => {
  const folder = await mkdtemp(join(tmpdir(), 'echelon-verify-fleet-'));
  // Under root, Postgres runs as another account and must be able to enter the folder.
  await chmod(folder, 0o711);
  const directory = join(folder, 'postgres');
  const account = await accountFor(directory);
  const place = { directory, account, binaries: await binariesFor(account) };
  await initialise(place, { password, durable: false });
  const port = await freePort();
  // No fsync: a killed process loses only what it had not yet written to the system, and commits are written.
  const start = () => keepServer(place, { fsync: 'off', full_page_writes: 'off' }, say, port);
  let server = await start();
  const urlOf = (database: string) => `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`;

  const asAdministrator = async <T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
    const sql = connect(urlOf('postgres'), { max: 1 });
    try {
      return await work(sql);
    } finally {
      await sql.end({ timeout: 5 });
    }
  };

  return {
    createDatabase: async (name) => {
      await asAdministrator((sql) => sql`create database ${sql(name)}`);
      await migrate(urlOf(name));
      await installQueues(urlOf(name));
      return urlOf(name);
    },
    restart: async () => {
      await server.stop();
      server = await start();
    },
    killPostmaster: async () => {
      const killed = await readPostmasterFile(directory);
      if (killed === null) throw new Error('No database server runs.');
      process.kill(killed.pid, 'SIGKILL');
      await eventually(
        'Another database server',
        () => readPostmasterFile(directory),
        (file) => file?.ready === true && file.pid !== killed.pid,
        { withinMs: mendedWithinMs },
      );
    },
    cutConnections: async () => {
      await asAdministrator(
        (sql) =>
          sql`select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
      );
    },
    close: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
};
