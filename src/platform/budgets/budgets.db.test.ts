import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type BudgetPolicy, overBudgetHeaders } from '#contracts/budget.ts';
import { openDatabase } from '#db/client.ts';
import { budgets as rows } from '#db/schema/budgets.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { openBudgets } from './budgets.ts';
import * as policies from './policies.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

/** A web process's budgets, and how many statements they took. */
const openProcess = (databaseUrl = database.databaseUrl) => {
  const opened = openDatabase(databaseUrl, { max: 2 });
  const warnings: string[] = [];
  const budgets = openBudgets(opened.db, { warn: (_, message) => void warnings.push(message) });
  let statements = 0;
  const { insert } = opened.db;
  opened.db.insert = ((...table: Parameters<typeof insert>) => {
    statements += 1;
    return insert.apply(opened.db, table);
  }) as typeof insert;
  onTestFinished(async () => {
    budgets.close();
    await opened.close();
  });
  return { ...budgets, warnings, statements: () => statements };
};

let names = 0;
const policyOf = (points: number, block: number, windowSeconds = 3_600): BudgetPolicy => {
  names += 1;
  return { name: `test-${names}`, points, windowSeconds, block };
};

test('several processes together give out exactly a budget, and each party has its own', async () => {
  const policy = policyOf(60, 5);
  const processes = [openProcess(), openProcess(), openProcess()];
  const outcomes = await Promise.all(
    Array.from({ length: 150 }, (_, at) => processes[at % 3]?.spend(policy, '203.0.113.7')),
  );
  expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(60);
  expect(await processes[0]?.spend(policy, '203.0.113.8')).toBeNull();
});

test('most requests cost no statement, within their budget and over it', async () => {
  const { spend, statements } = openProcess();
  const policy = policyOf(100, 20);
  for (let at = 0; at < 100; at += 1) expect(await spend(policy, 'a')).toBeNull();
  expect(statements()).toBe(5);
  for (let at = 0; at < 100; at += 1) expect(await spend(policy, 'a')).not.toBeNull();
  expect(statements()).toBe(6);
});

test('a refusal says when the window ends, in the draft’s form', async () => {
  const { spend } = openProcess();
  const policy = policyOf(1, 1, 60);
  await spend(policy, 'a');
  const over = await spend(policy, 'a');
  expect(over?.retryAfterSeconds).toBeGreaterThan(0);
  expect(over?.retryAfterSeconds).toBeLessThanOrEqual(60);
  expect(over && overBudgetHeaders({ ...over, retryAfterSeconds: 9 })).toEqual({
    'retry-after': '9',
    ratelimit: `"${policy.name}";r=0;t=9`,
    'ratelimit-policy': `"${policy.name}";q=1;w=60`,
  });
});

test('after its window a budget is full again, by the database’s clock', async () => {
  const { spend } = openProcess();
  const policy = policyOf(2, 1);
  for (const whom of ['a', 'b']) for (let at = 0; at < 2; at += 1) await spend(policy, whom);
  await database.db.execute(sql`update ${rows} set expires_at = now() where key = ${`${policy.name}:a`}`);
  const restarted = openProcess();
  expect(await restarted.spend(policy, 'a')).toBeNull();
  expect(await restarted.spend(policy, 'b')).not.toBeNull();
});

/** Keeps everybody from the table until the returned function is called. */
const lockTable = async () => {
  const held = await database.sql.reserve();
  await held`begin`;
  await held`lock table budgets in access exclusive mode`;
  return async () => {
    await held`rollback`;
    held.release();
  };
};

test('a database that is late is not away: each process counts alone until it has answered, and nothing is said', async () => {
  const { spend, warnings, statements } = openProcess();
  const policy = policyOf(20, 1);
  expect(await spend(policy, 'a')).toBeNull();
  const unlock = await lockTable();
  try {
    expect(await spend(policy, 'b')).toBeNull();
    const before = statements();
    for (let at = 0; at < 10; at += 1) expect(await spend(policy, 'c')).toBeNull();
    expect(statements()).toBe(before);
  } finally {
    await unlock();
  }
  await expect
    .poll(async () => {
      const before = statements();
      await spend(policyOf(20, 1), 'd');
      return statements() - before;
    })
    .toBe(1);
  expect(warnings).toEqual([]);
});

test('a process that stood still while the answer came takes the database for late at most', async () => {
  const { spend, warnings } = openProcess();
  const policy = policyOf(20, 1);
  expect(await spend(policy, 'a')).toBeNull();
  const spent = spend(policy, 'a');
  await new Promise(setImmediate);
  const until = performance.now() + 1_500;
  while (performance.now() < until);
  expect(await spent).toBeNull();
  await expect.poll(() => database.db.$count(rows, eq(rows.key, `${policy.name}:a`))).toBe(1);
  expect(warnings).toEqual([]);
});

test('while the database does not answer, each process counts alone, and one line says so', async () => {
  const { spend, warnings } = openProcess();
  const policy = policyOf(20, 2);
  expect(await spend(policy, 'a')).toBeNull();
  const unlock = await lockTable();
  try {
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, at) => spend(policy, `b${at % 2}`)));
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(40);
    await expect.poll(() => warnings, { timeout: 20_000 }).toHaveLength(1);
  } finally {
    await unlock();
  }
});

test('a database that cannot be reached stops no request', async () => {
  const { spend, warnings } = openProcess('postgres://nobody@127.0.0.1:1/none');
  const policy = policyOf(2, 1);
  expect(await spend(policy, 'a')).toBeNull();
  expect(await spend(policy, 'a')).toBeNull();
  expect(await spend(policy, 'a')).not.toBeNull();
  expect(warnings).toHaveLength(1);
});

test('blocks divide their budgets, and no party has more than a fifth of the budget that all share', () => {
  const all = Object.values(policies).flatMap((table): BudgetPolicy[] => Object.values(table));
  for (const { points, block } of all) expect([points % block, block >= 1]).toEqual([0, true]);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  const { installationBudgets, signedInBudgets } = policies;
  const shares: [Record<string, BudgetPolicy>, Record<string, BudgetPolicy>][] = [
    [policies.addressBudgets, { ...installationBudgets, trials: installationBudgets.writes }],
    [policies.networkBudgets, installationBudgets],
    [policies.accountBudgets, { ...signedInBudgets, trials: signedInBudgets.writes }],
    [policies.signedInNetworkBudgets, signedInBudgets],
  ];
  for (const [ofParty, ofAll] of shares)
    for (const [kind, { points }] of Object.entries(ofParty))
      expect(points * 5, kind).toBeLessThanOrEqual(ofAll[kind]?.points ?? 0);
});
