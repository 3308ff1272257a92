import { expect, test } from 'vitest';
import { createTracing } from '#platform/telemetry/tracing.ts';
import type { RestContext } from '#rest/answer.ts';
import { getCertificates } from '#rest/certificates.ts';
import { type Log, reportFault } from '#services/ground/index.ts';
import { handleTrpc } from '#trpc/handler.ts';
import { createCaller } from '#trpc/root.ts';
import {
  DatabaseUnavailable,
  isDatabaseUnavailable,
  namingUnavailable,
  reportOutage,
  saysUnavailable,
  tookTooLong,
} from './unavailable.ts';

/** Why a database cannot be used: codes of Postgres (appendix A of its manual), of the system, of the drivers. */
const away = [
  // connection_exception and those below it
  ...['08000', '08001', '08003', '08004', '08006', '08007', '08P01'],
  // invalid_authorization_specification, invalid_password
  ...['28000', '28P01'],
  // insufficient_resources, disk_full, out_of_memory, too_many_connections, configuration_limit_exceeded
  ...['53000', '53100', '53200', '53300', '53400'],
  // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped, idle_session_timeout
  ...['57P01', '57P02', '57P03', '57P04', '57P05'],
  // lock_not_available, idle_in_transaction_session_timeout
  ...['55P03', '25P03'],
  // read_only_sql_transaction, system_error, io_error
  ...['25006', '58000', '58030'],
  // invalid_catalog_name, invalid_schema_name, undefined_table
  ...['3D000', '3F000', '42P01'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN'],
  ...['ENETUNREACH', 'ENETDOWN', 'ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EMFILE', 'ENOENT', 'EACCES'],
  ...['CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT'],
  'CONNECTION_WAIT_TIMEOUT',
];

/** query_canceled, transaction_timeout: what we asked for took too long, of a database that answers. */
const limits = ['57014', '25P04'];

/** Wrong statements and values: faults of ours, which repeating does not mend. */
const faults = [
  '23505',
  '23503',
  '23514',
  '42703',
  '42601',
  '22P05',
  '22021',
  '40001',
  '40P01',
  'P0001',
  '42883',
  'XX000',
];

const failing = (error: Error) => {
  const logged: object[] = [];
  const log = (details: object) => void logged.push(details);
  const throwing: ProxyHandler<object> = {
    get: (_, name) => {
      // As the pool rejects it, within Drizzle's own error.
      if (name === 'then') return undefined;
      throw new Error('Failed query: select', { cause: namingUnavailable(error) });
    },
  };
  const context = {
    services: {
      db: new Proxy({}, throwing),
      tracing: createTracing(null),
      log: { error: log, warn: log, info: log, debug: log },
      now: () => new Date(),
    },
    auth: { db: new Proxy({}, throwing), now: () => new Date(), secret: 'x', url: 'http://127.0.0.1:3000' },
  } as unknown as RestContext;
  return { context, logged };
};

const url = 'http://127.0.0.1:3000';
const withCode = (code: string) => Object.assign(new Error('words of the database'), { code });

/** How REST, a tRPC procedure over HTTP and one called by a page answer; and what tRPC answers before any procedure. */
const answersTo = async (error: Error) => {
  const { context, logged } = failing(error);
  const call = createCaller({ ...context, actor: null, address: null });
  const responses = [
    await getCertificates(context, new Request(`${url}/api/v1/verification/certificates`)),
    await handleTrpc(context, new Request(`${url}/api/trpc/certificate.list`)),
    await handleTrpc(
      context,
      new Request(`${url}/api/trpc/certificate.list`, {
        headers: { authorization: `Bearer ev_${'x'.repeat(43)}` },
      }),
    ),
  ];
  const page: unknown = await call.certificate.list().catch((thrown) => thrown.code);
  const texts = await Promise.all(responses.map((response) => response.text()));
  return { responses, texts, page, logged };
};

test.each(away)('a database that is away with %s is 503 with Retry-After at every door', async (code) => {
  const { responses, texts, page, logged } = await answersTo(withCode(code));
  expect(responses.map(({ status }) => status)).toEqual([503, 503, 503]);
  expect(responses.map(({ headers }) => headers.get('retry-after'))).toEqual(['5', '5', '5']);
  expect(page).toBe('SERVICE_UNAVAILABLE');
  for (const text of texts) {
    expect(text).toContain('The database cannot be used at the moment');
    expect(text).not.toContain('words of the database');
  }
  // Four failures, one line.
  expect(logged).toEqual([{ failures: 1, error: `${code}: words of the database` }]);
});

test.each(limits)(
  'a public read that exceeds a limit (%s) is 503 at every door, and no outage',
  async (code) => {
    const { responses, texts, page, logged } = await answersTo(withCode(code));
    expect(responses.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(responses.map(({ headers }) => headers.get('retry-after'))).toEqual(['5', '5', '5']);
    expect(page).toBe('SERVICE_UNAVAILABLE');
    for (const text of texts) expect(text).toContain('it is too busy');
    // Such a read is cancelled on purpose.
    expect(logged).toEqual([]);
  },
);

test.each(limits)('any other statement that exceeds a limit (%s) is a fault with an id', (code) => {
  const logged: object[] = [];
  const log = { error: (details: object) => void logged.push(details) } as unknown as Log;
  const error = new Error('Failed query: select', { cause: namingUnavailable(withCode(code)) });
  expect([tookTooLong(error), isDatabaseUnavailable(error), saysUnavailable(error)]).toEqual([
    true,
    false,
    false,
  ]);
  const shown = reportFault({ log }, error, { procedure: 'audit.begin' });
  expect(shown).toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: expect.stringContaining('longer over this than it may'),
  });
  expect(logged).toMatchObject([{ procedure: 'audit.begin', error: { cause: { name: 'Error' } } }]);
  expect(reportFault({ log }, shown, {})).toBe(shown);
  expect(logged).toHaveLength(1);
});

test.each(faults)('an error %s of the database stays a fault of ours', async (code) => {
  const { responses, page } = await answersTo(withCode(code));
  expect(responses.map(({ status }) => status)).toEqual([500, 500, 500]);
  expect(responses.map(({ headers }) => headers.get('retry-after'))).toEqual([null, null, null]);
  expect(page).toBe('INTERNAL_SERVER_ERROR');
});

test('an outside service that cannot be reached is not the database', async () => {
  const { context } = failing(withCode('ECONNREFUSED'));
  const broken = new Proxy(
    {},
    {
      get: () => {
        throw new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') });
      },
    },
  );
  const services = { ...context.services, db: broken as RestContext['services']['db'] };
  const answer = await getCertificates(
    { ...context, services },
    new Request(`${url}/api/v1/verification/certificates`),
  );
  expect(answer.status).toBe(500);
});

test.each([
  'Query read timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Client has encountered a connection error and is not queryable',
  'Cannot use a pool after calling end on the pool',
  'LISTEN/NOTIFY heartbeat timed out',
  'LISTEN/NOTIFY connection ended',
])('node-postgres’s "%s" says that the database is away', (message) => {
  expect(saysUnavailable(new Error(message))).toBe(true);
});

test('an error of another load of the class says the same', () => {
  class DatabaseUnavailable extends Error {
    override readonly name = 'DatabaseUnavailable';
  }
  expect(isDatabaseUnavailable(new Error('Failed query', { cause: new DatabaseUnavailable() }))).toBe(true);
  expect(isDatabaseUnavailable(new Error('another', { cause: withCode('ECONNREFUSED') }))).toBe(false);
});

test('an outage is one line a minute, with how much failed since the last', () => {
  const lines: object[] = [];
  const log = { error: (details: object) => void lines.push(details) };
  let at = 0;
  const clock = () => at;
  for (at = 0; at < 150_000; at += 500) reportOutage(log, new DatabaseUnavailable(withCode('57P01')), clock);
  expect(lines).toEqual([
    { failures: 1, error: '57P01: words of the database' },
    { failures: 120, error: '57P01: words of the database' },
    { failures: 120, error: '57P01: words of the database' },
  ]);
});
