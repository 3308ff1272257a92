import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLog, publishCheckpoint } from '#services/log/index.ts';
import { anyEntries, append, tamper } from '#testing/rigs/log-rig.ts';
import { openRestRig } from '#testing/rigs/rest-rig.ts';
import { openCheckpoint } from '#verification/log/checkpoint.ts';
import { readTiles } from '#verification/log/tile-reader.ts';
import { parseVerifierKey } from '#verification/log/verifier-key.ts';
import { getLogCheckpoint, getLogKeys, getLogTile } from './log.ts';

let rest: Awaited<ReturnType<typeof openRestRig>>;
beforeAll(async () => {
  rest = await openRestRig();
});
afterAll(() => rest.rig.close());

const ask = (path: string) => new Request(`http://127.0.0.1:3000/log/${path}`);
const read = {
  checkpoint: () => getLogCheckpoint(rest.context, ask('checkpoint')),
  keys: () => getLogKeys(rest.context, ask('vkey')),
  tile: (path: string) => getLogTile(rest.context, ask(`tile/${path}`), path),
};
const headersOf = ({ status, headers }: Response) => [
  status,
  headers.get('content-type'),
  headers.get('cache-control'),
];

test('before the first entry, files that are not there are not kept by caches', async () => {
  for (const answer of [await read.checkpoint(), await read.keys(), await read.tile('0/000.p/1')]) {
    expect(headersOf(answer)).toEqual([404, 'application/json', 'no-store']);
    expect(await answer.json()).toEqual({ detail: expect.any(String) });
  }
});

test('a stranger reads the whole log with the log’s own keys, and cannot tell more than is signed', async () => {
  const { context } = rest.rig;
  const worker = { ...context, issuer: { ...context.issuer, keys: [] } };
  await openLog(worker);
  await append(worker, anyEntries(300));
  await publishCheckpoint(worker);
  await append(worker, anyEntries(5));

  const checkpoint = await read.checkpoint();
  expect(headersOf(checkpoint)).toEqual([200, 'text/plain; charset=utf-8', 'public, max-age=2']);
  const keys = await read.keys();
  expect(headersOf(keys)).toEqual([200, 'text/plain; charset=utf-8', 'public, max-age=60']);
  const key = parseVerifierKey((await keys.text()).trimEnd());
  const opened = openCheckpoint(await checkpoint.text(), {
    origin: key.name,
    logKeys: [key],
    witnessKeys: [],
  });
  if (!opened.ok) throw new Error(opened.failure);
  expect(opened.checkpoint.size).toBe(301);

  const tiles = readTiles(opened.checkpoint, async (path) => {
    const answer = await read.tile(path.replace('tile/', ''));
    if (answer.status === 404) return null;
    expect(headersOf(answer)).toEqual([
      200,
      'application/octet-stream',
      'public, max-age=31536000, immutable',
    ]);
    return new Uint8Array(await answer.arrayBuffer());
  });
  let count = 0;
  for await (const { data } of tiles.entries(0, 301)) {
    expect(JSON.parse(new TextDecoder().decode(data))).toMatchObject({ format: 'echelon-log-entry/v1' });
    count += 1;
  }
  expect(count).toBe(301);
  await tiles.proveInclusion(300);
  await tiles.proveConsistency(256);
  for (const path of ['0/001.p/46', 'entries/001.p/50', '1/000', '0/002', '0/1', 'entries/', '__proto__'])
    expect((await read.tile(path)).status, path).toBe(404);
  expect((await getLogCheckpoint(rest.context, ask('checkpoint?planted=1'))).status).toBe(422);
});

test('a machine that served more than its database holds serves no checkpoint, and its tiles stay', async () => {
  const { context } = rest.rig;
  await publishCheckpoint(context);
  await tamper(context.db, (transaction) => transaction.execute(sql`update log_head set size = 301`));
  const answer = await read.checkpoint();
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ detail: 'The log has stopped. Its operator has to act.' });
  expect((await read.tile('0/000')).status).toBe(200);
});
