import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { accountFor } from '#db/embedded/account.ts';
import { binariesFor } from '#db/embedded/binaries.ts';
import { freePort } from '#db/embedded/free-port.ts';
import { endOrphan } from '#db/embedded/postmaster.ts';
import { initialise, startServer, superuser } from '#db/embedded/server.ts';
import { migrate } from '#db/migrate.ts';
import { installQueues } from '#queue/install.ts';

/** A Postgres that keeps its address, whatever happens to its server. */
export type FleetPostgres = {
  /** Creates a database with everything that an installation needs, and returns its address. */
  createDatabase(name: string): Promise<string>;
  /** A fast shutdown, as an operator does it, then a start. */
  restart(): Promise<void>;
  /** kill -9 of the postmaster, then a start with crash recovery once its other processes have ended. */
  crash(): Promise<void>;
  /** Ends all connections but its own. The server keeps running. */
  cutConnections(): Promise<void>;
  close(): Promise<void>;
};

const password = 'of-a-test-on-loopback';

export const startPostgres = async (): Promise<FleetPostgres> => {
  const folder = await mkdtemp(join(tmpdir(), 'echelon-verify-fleet-'));
  // Under root, Postgres runs as another account and must be able to enter the folder.
  await chmod(folder, 0o711);
  const directory = join(folder, 'postgres');
  const account = await accountFor(directory);
  const place = { directory, account, binaries: await binariesFor(account) };
  await initialise(place, { password, durable: false });
  const port = await freePort();
  // No fsync: a killed process loses only what it had not yet written to the system, and commits are written.
  const start = () => startServer(place, { fsync: 'off', full_page_writes: 'off' }, port);
  let server = await start();
  const urlOf = (database: string) => `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`;

  const asAdministrator = async <T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
    const sql = postgres(urlOf('postgres'), { max: 1, onnotice: () => {} });
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
    crash: async () => {
      process.kill(server.pid, 'SIGKILL');
      await server.ended;
      await endOrphan(directory);
      server = await start();
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
