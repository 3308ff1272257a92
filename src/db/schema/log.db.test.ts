import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '#testing/rigs/database.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;

const digest = 'd'.repeat(64);
const id = '0b0f7a3c-4a5e-4d3e-9a55-3d7a4b1f8a10';

beforeAll(async () => {
  database = await testDatabase();
  await database.sql.unsafe(`
    insert into log_entries (index, kind, subject, data, added_at) values (0, 'key', '${id}', '{}', now());
    insert into log_hashes (level, index, hash) values (0, 0, decode('${digest}', 'hex'));
    insert into log_head (id, origin, size, root) values (1, 'o', 1, decode('${digest}', 'hex'));
    insert into log_checkpoints (size, note, signed_at) values (1, 'n', now());
    insert into log_cosignatures (size, witness, line, cosigned_at) values (1, 'w', 'l', now());
    insert into log_keys (public_key, purpose, added_at) values ('${digest}', 'log', now());
  `);
});
afterAll(() => database.close());

const refused = { code: '23001', message: expect.stringContaining('are never changed or deleted') };

const kept = ['log_entries', 'log_hashes', 'log_head', 'log_checkpoints', 'log_cosignatures', 'log_keys'];

test.each(kept)('no row of %s is deleted', async (table) => {
  await expect(database.sql.unsafe(`delete from ${table}`)).rejects.toMatchObject(refused);
  await expect(database.sql.unsafe(`truncate ${table} cascade`)).rejects.toMatchObject(refused);
  expect(await database.sql.unsafe(`select 1 from ${table}`)).toHaveLength(1);
});

test.each([
  ['log_entries', 'added_at = now()'],
  ['log_entries', `data = '[]'`],
  ['log_hashes', `hash = decode(repeat('ab', 32), 'hex')`],
  ['log_checkpoints', `note = 'another'`],
  ['log_cosignatures', `line = 'another'`],
  ['log_head', `origin = 'another', size = 2`],
  ['log_head', 'size = 1'],
  ['log_head', 'size = 0'],
  ['log_keys', `public_key = repeat('e', 64)`],
  ['log_keys', `purpose = 'certificate'`],
  ['log_keys', 'added_at = now()'],
])('no row of %s is changed by %s', async (table, change) => {
  await expect(database.sql.unsafe(`update ${table} set ${change}`)).rejects.toMatchObject(refused);
});

test('the head grows, and a key is retired once', async () => {
  await database.sql`update log_head set size = 2`;
  await database.sql`update log_keys set retired_at = now(), retired_index = 0`;
  await expect(database.sql`update log_keys set retired_at = null`).rejects.toMatchObject(refused);
  await expect(database.sql`update log_keys set retired_index = 1`).rejects.toMatchObject(refused);
});
