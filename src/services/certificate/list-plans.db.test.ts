import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { CertificateListInput } from '#contracts/certificate.ts';
import type { RunListInput } from '#contracts/run.ts';
import * as schema from '#db/schema/index.ts';
import { storeCertificate } from '#testing/builders/stored-certificates.ts';
import { openRig, runRequest } from '#testing/rigs/engine-rig.ts';
import type { Actor } from '../ground/context.ts';
import { createRun } from '../run/create.ts';
import { listRuns } from '../run/list.ts';
import { scoreSpreadOf } from '../run/score-spread.ts';
import { earlierCanaries } from './earlier-canaries.ts';
import { listPublicCertificates } from './list.ts';

/** What lists read where there is much. The plans are those of the statements that the verbs send. */
const many = 100_000;
const limit = 20;
const replaysOfEach = 50;

type Statement = { query: string; parameters: unknown[] };

let rig: Awaited<ReturnType<typeof openRig>>;
let owner: Actor;
let connection: postgres.Sql;
let observed: ReturnType<typeof drizzle<typeof schema>>;
const sent: Statement[] = [];

const fill = `
  insert into verification_certificates (run_id, construct_id, domain, replay_count, precision, recall, reply_accuracy,
      composite_score, brier, sample_size, ground_truth_source, methodology_version, scoring_model, raw_scores_json,
      created_at)
    select gen_random_uuid(), 'construct-' || n % 20, domain, replay_count, precision, recall, reply_accuracy,
      composite_score, (n % 50) / 100.0, sample_size, ground_truth_source, methodology_version, scoring_model,
      raw_scores_json - 'replays' - 'usageByMeasure', created_at + n / 3 * interval '1 second'
    from verification_certificates, generate_series(1, ${many}) n;
  insert into certificate_documents (certificate_id, document, jws, expires_at)
    select id, '{}', 'jws', '2100-01-01' from verification_certificates
    where id not in (select certificate_id from certificate_documents);
  insert into verification_replay_scores (certificate_id, ground_truth_id, precision, recall, reply_accuracy, claims_total,
      claims_supported, changes_total, changes_surfaced, scoring_model, scoring_latency_ms, scored_at)
    select certificate.id, n, (n % 5) / 5.0, 0.5, 1, 5, n % 5, 2, 1, scoring_model, 1, created_at
    from (select * from verification_certificates order by created_at desc, id desc limit 400) certificate,
      generate_series(1, ${replaysOfEach}) n;
  alter table verification_runs disable trigger user;
  insert into verification_runs (user_id, construct_id, repo_url, status, error, config_json, created_at)
    select user_id, 'construct-' || n % 20, repo_url, case when n % 3 = 0 then 'FAILED' when n % 1000 = 1 then 'PENDING' else 'SCORING' end, 'It failed.',
      config_json, created_at + n / 3 * interval '1 second'
    from verification_runs, generate_series(1, ${many}) n;
  alter table verification_runs enable trigger user;
`;

/** An index alone can be read once all transactions see its rows. A snapshot held meanwhile, by autovacuum, delays that. */
const vacuum = async (table: string) => {
  await vi.waitFor(
    async () => {
      await connection.unsafe(`vacuum analyze ${table}`);
      const [found] = await connection`
        select relallvisible >= 0.99 * relpages as done from pg_class where oid = ${table}::regclass`;
      expect(found?.done).toBe(true);
    },
    { timeout: 60_000, interval: 1_000 },
  );
};

beforeAll(async () => {
  rig = await openRig();
  owner = await rig.user();
  const createdAt = new Date('2026-01-01T00:00:00Z');
  await storeCertificate(rig.db, { constructId: 'first', supported: 2, createdAt });
  await createRun(rig.context, owner, runRequest({ constructId: 'first' }));
  // Without the pool's bounds on a statement, which a busy machine exceeds here.
  connection = postgres(rig.database.databaseUrl, { max: 1, onnotice: () => {}, fetch_types: false });
  await connection.unsafe(fill);
  for (const table of ['verification_certificates', 'verification_replay_scores', 'verification_runs'])
    await vacuum(table);
  observed = drizzle(connection, {
    schema,
    logger: { logQuery: (query, parameters) => sent.push({ query, parameters }) },
  });
}, 300_000);
afterAll(async () => {
  await connection?.end({ timeout: 5 });
  await rig.close();
});

type Node = {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
};

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** What the statements that the verb sends read of a table. */
const readsOf = async (table: string, verb: () => Promise<unknown>) => {
  sent.length = 0;
  await verb();
  const nodes: Node[] = [];
  for (const { query, parameters } of [...sent]) {
    if (!query.startsWith('select')) continue;
    const [row] = await connection.unsafe(
      `explain (analyze, timing off, format json) ${query}`,
      parameters as never[],
    );
    const [plan] = (row?.['QUERY PLAN'] ?? []) as { Plan: Node }[];
    if (plan === undefined) throw new Error('Postgres explained nothing.');
    nodes.push(...nodesOf(plan.Plan));
  }
  const scans = nodes.filter(
    (node) => node['Relation Name'] === table || node['Index Name']?.startsWith(table),
  );
  return {
    kinds: new Set(nodes.map((node) => node['Node Type'])),
    scanned: scans.map((node) => node['Node Type']),
    rows: scans.reduce(
      (sum, node) =>
        sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
      0,
    ),
  };
};

const certificates = (input: Partial<CertificateListInput>) =>
  listPublicCertificates(
    { db: observed, now: rig.context.now },
    { sort: 'created_desc', limit, offset: 0, ...input },
  );
const runs = (input: Partial<RunListInput>) =>
  listRuns({ ...rig.context, db: observed }, owner, { limit, offset: 0, ...input });

/** A page's ids once, its rows (a bitmap counts them twice), one more to see whether a page follows, and the cursor's. */
const fewRows = 3 * limit + 6;

const sorts = ['created_desc', 'brier_asc'] as const;
const lists = sorts.flatMap((sort) => [{ sort }, { sort, constructId: 'construct-7' }]);

test.each(lists)('the first and last pages of certificates by %j read what they show', async (list) => {
  const { total } = await certificates(list);
  expect(total).toBe(list.constructId === undefined ? many + 1 : many / 20);
  for (const offset of [0, total - limit, total - 1, total, 10 * total]) {
    const { scanned, rows, kinds } = await readsOf('verification_certificates', () =>
      certificates({ ...list, offset }),
    );
    expect(rows, `at ${offset}`).toBeLessThanOrEqual(fewRows);
    expect(scanned).not.toContain('Seq Scan');
    expect(kinds).not.toContain('Sort');
  }
});

test.each(lists)(
  'by cursor, a page of certificates by %j reads what it shows, however deep it is',
  async (list) => {
    const { total } = await certificates(list);
    for (const depth of [limit, Math.floor(total / 2), total - limit]) {
      const before = await certificates({ ...list, limit: 1, offset: depth - 1 });
      const page = { ...list, cursor: before.nextCursor };
      const { scanned, rows } = await readsOf('verification_certificates', () => certificates(page));
      expect(rows, `at ${depth}`).toBeLessThanOrEqual(fewRows);
      expect(scanned).not.toContain('Seq Scan');
      const [byCursor, byOffset] = [await certificates(page), await certificates({ ...list, offset: depth })];
      expect(byCursor.certificates).toEqual(byOffset.certificates);
      expect(byCursor.nextCursor).toBe(byOffset.nextCursor);
    }
  },
);

test('a deep page of certificates by offset reads ids from an index, and the rows that it shows', async () => {
  for (const list of lists) {
    const { scanned } = await readsOf('verification_certificates', () =>
      certificates({ ...list, offset: 2_400 }),
    );
    expect(scanned).toContain('Index Only Scan');
    expect(scanned).not.toContain('Seq Scan');
  }
});

test.each([
  {},
  { status: 'FAILED' as const },
  { constructId: 'construct-7' },
  { constructId: 'construct-7', status: 'FAILED' as const },
])(
  'pages of one’s own runs with %j read the rows that they show, and count from an index',
  async (filter) => {
    const { total } = await runs(filter);
    for (const offset of [0, Math.floor(total / 2), total - 1]) {
      const { scanned } = await readsOf('verification_runs', () => runs({ ...filter, offset }));
      expect(new Set(scanned)).not.toContain('Seq Scan');
      expect(scanned).toContain('Index Only Scan');
    }
    const before = await runs({ ...filter, limit: 1, offset: Math.floor(total / 2) - 1 });
    const page = { ...filter, cursor: before.nextCursor };
    const { scanned, rows } = await readsOf('verification_runs', () => runs(page));
    expect(scanned).not.toContain('Seq Scan');
    // All that match are counted, from the index.
    expect(rows - total).toBeLessThanOrEqual(fewRows);
    const [byCursor, byOffset] = [await runs(page), await runs({ ...filter, offset: Math.floor(total / 2) })];
    expect(byCursor.runs).toEqual(byOffset.runs);
  },
);

/** Parts of names that many, some, one and none of the certificates have. */
const searches = [
  { search: 'CONSTRUCT', matching: many },
  { search: 'construct-7', matching: many / 20 },
  { search: 'uct-7', matching: many / 20 },
  { search: 'firs', matching: 1 },
  { search: 'absent', matching: 0 },
  { search: 'struct', constructId: 'construct-7', matching: many / 20 },
];

test.each(searches.flatMap((search) => sorts.map((sort) => ({ ...search, sort }))))(
  'a search by %j reads the certificates that have the name, or fewer',
  async ({ matching, ...list }) => {
    expect((await certificates(list)).total).toBe(matching);
    const { scanned, rows } = await readsOf('verification_certificates', () => certificates(list));
    expect(scanned).not.toContain('Seq Scan');
    // What all have is read in the list's order until the page is full; what some have, by the index of names, and
    // then sorted. An index, its rows and their order count three times.
    const most = matching === many ? fewRows : fewRows + 3 * matching;
    expect(rows).toBeLessThanOrEqual(most);
    const { nextCursor } = await certificates(list);
    expect(nextCursor === undefined).toBe(matching <= limit);
    if (nextCursor === undefined) return;
    const next = await readsOf('verification_certificates', () =>
      certificates({ ...list, cursor: nextCursor }),
    );
    expect(next.scanned).not.toContain('Seq Scan');
    expect(next.rows).toBeLessThanOrEqual(most);
    const second = await certificates({ ...list, offset: limit });
    expect((await certificates({ ...list, cursor: nextCursor })).certificates).toEqual(second.certificates);
  },
);

test('no summary reads the large column', async () => {
  sent.length = 0;
  await certificates({});
  expect(sent.filter(({ query }) => query.includes('raw_scores_json'))).toEqual([]);
});

test('a pool of canaries reads the certificates that it takes, by one judge, from its index', async () => {
  const [row] = await rig.database.sql<{ judge: 'offline'; model: string; digest: string; source: string }[]>`
    select judge, judge_model as model, prompt_digest as digest, ground_truth_source as source
    from verification_certificates limit 1`;
  if (row === undefined) throw new Error('No certificate was stored.');
  const judge = { provider: row.judge, model: row.model, endpoint: null, promptDigest: row.digest };
  // All are recent, so that the limit alone bounds what is read.
  const context = { db: observed, now: () => new Date('2026-01-02T00:00:00Z') };
  const mostRead = 1_000;
  const pool = () => earlierCanaries(context, judge, 'github:another/name');
  const { scanned, rows, kinds } = await readsOf('verification_certificates', pool);
  expect(scanned).not.toContain('Seq Scan');
  // Once by the index, once for their scores, which a bitmap counts twice.
  expect(rows).toBeLessThanOrEqual(3 * mostRead);
  expect(rows).toBeGreaterThanOrEqual(mostRead);
  expect(kinds).not.toContain('Sort');
  const foreign = () => earlierCanaries(context, { ...judge, promptDigest: 'f'.repeat(64) }, row.source);
  expect((await readsOf('verification_certificates', foreign)).rows).toBe(0);
});

test('how scores spread in a repository is read from its newest certificates, whatever the case of its name', async () => {
  const [row] = await rig.database.sql<{ judge: 'offline'; source: string }[]>`
    select judge, ground_truth_source as source from verification_certificates limit 1`;
  const [owner = '', name = ''] = (row?.source ?? '').replace('github:', '').toUpperCase().split('/');
  const spread = () =>
    scoreSpreadOf({ db: observed }, { kind: 'github', owner, name }, row?.judge ?? 'offline');
  expect(await spread()).toMatchObject({ certificates: 5, sd: expect.closeTo(0.0952, 3) });
  const { scanned, rows, kinds } = await readsOf('verification_certificates', spread);
  expect(scanned).not.toContain('Seq Scan');
  expect(rows).toBeLessThanOrEqual(3 * 5);
  expect(kinds).not.toContain('Seq Scan');
  const scores = await readsOf('verification_replay_scores', spread);
  expect(scores.rows).toBeLessThanOrEqual(2 * 5 * replaysOfEach);
  expect(sent.filter(({ query }) => query.includes('raw_scores_json'))).toEqual([]);
  const elsewhere = () =>
    scoreSpreadOf({ db: observed }, { kind: 'github', owner, name: 'absent' }, 'offline');
  expect((await readsOf('verification_certificates', elsewhere)).rows).toBe(0);
});

test.each(['verification_certificates', 'ground_truth_snapshots', 'verification_runs'])(
  'a row of %s can be deleted without reading all runs',
  async (table) => {
    const column = {
      verification_certificates: 'certificate_id',
      ground_truth_snapshots: 'snapshot_digest',
      verification_runs: 'continues_run_id',
    }[table];
    const [row] = await connection.unsafe(
      `explain (analyze, timing off, format json) select 1 from only verification_runs where ${column} = $1 for key share`,
      [table === 'ground_truth_snapshots' ? 'd'.repeat(64) : '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11'],
    );
    const [plan] = (row?.['QUERY PLAN'] ?? []) as { Plan: Node }[];
    expect(plan && nodesOf(plan.Plan).map((node) => node['Node Type'])).not.toContain('Seq Scan');
  },
);

test('the total follows what is written, deleted and rolled back', async () => {
  const { sql } = rig.database;
  const totals = async () => [
    (await certificates({})).total,
    (await certificates({ constructId: 'construct-1' })).total,
  ];
  expect(await totals()).toEqual([many + 1, many / 20]);
  const undone = new Error('undone');
  await sql
    .begin(async (transaction) => {
      await transaction`delete from verification_certificates where construct_id = 'first'`;
      throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error;
    });
  expect(await totals()).toEqual([many + 1, many / 20]);
  const deleted = await sql`
    delete from verification_certificates where id in (
      select id from verification_certificates where construct_id = 'construct-1' limit 2) returning id`;
  expect(deleted).toHaveLength(2);
  expect(await totals()).toEqual([many + 1 - deleted.length, many / 20 - deleted.length]);
});

test('a cursor that no row has, another user’s included, finds nothing, and one with an offset is refused', async () => {
  const unknown = '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11';
  const stranger = await rig.user();
  const foreign = (await createRun(rig.context, stranger, runRequest())).runId;
  for (const cursor of ['', '\ufffd', 'x'.repeat(300_000), unknown, foreign]) {
    for (const list of lists) expect((await certificates({ ...list, cursor })).certificates).toEqual([]);
    expect((await runs({ cursor })).runs).toEqual([]);
  }
  const both = { cursor: unknown, offset: 20 };
  await expect(async () => certificates(both)).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    fields: [{ path: 'offset' }],
  });
  await expect(runs(both)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

test('a public read that waits too long for the database ends, and says so', async () => {
  await rig.database.sql.begin(async (transaction) => {
    await transaction`lock table verification_certificates in access exclusive mode`;
    await expect(certificates({})).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});
