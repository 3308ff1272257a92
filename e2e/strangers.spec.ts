import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@playwright/test';
import { fullToken } from '#testing/rigs/full-token.ts';
import { startInstallation } from '#testing/rigs/installation.ts';
import { accountOf } from '#testing/rigs/open-to-all.ts';
import { openDatabase } from '../src/db/client.ts';
import { freePort } from '../src/db/embedded/free-port.ts';

test('behind a proxy on its own machine an installation accepts ten runs at once after its start, and no stranger reaches that machine or its paid judge', async () => {
  /** A service of the operator's on the same machine. It must not be called. */
  let called = 0;
  const own = createServer((_, response) => {
    called += 1;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(own, 'listening');
  const ownUrl = `http://127.0.0.1:${(own.address() as AddressInfo).port}/ask`;
  // What the runs reach instead of the world: nothing listens there.
  const [port, nowhere] = [await freePort(), `http://127.0.0.1:${await freePort()}`];
  const installation = await startInstallation({
    HOST: '127.0.0.1',
    PORT: String(port),
    NEXTAUTH_URL: 'https://verify.example.com',
    OUTBOUND_ALLOW: nowhere,
    GITHUB_API_URL: nowhere,
    GITHUB_SERVER_URL: nowhere,
    ANTHROPIC_API_KEY: 'sk-ant-of-a-test',
    ANTHROPIC_BASE_URL: nowhere,
  });
  try {
    const { db, close } = openDatabase(installation.databaseUrl, { max: 1 });
    const wallet = { provider: 'wallet', subject: `0x${'1'.repeat(40)}` } as const;
    const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
    const token = await fullToken({ db, log }, await accountOf({ db }, wallet));
    await close();
    const post = async (changes: object) => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/verification/runs`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          repo_url: 'https://github.com/owner/name',
          construct_id: 'construct',
          oracle_url: `${nowhere}/ask`,
          judge: 'offline',
          ...changes,
        }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const first = await Promise.all(Array.from({ length: 10 }, () => post({})));
    expect(first.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201));

    for (const type of [
      {},
      { oracle_type: 'mcp', oracle_tool: 't' },
      { oracle_type: 'chat', oracle_model: 'm' },
    ])
      for (const oracle_url of [ownUrl, ownUrl.replace('127.0.0.1', 'localhost'), 'http://169.254.169.254/'])
        expect(await post({ ...type, oracle_url }), oracle_url).toMatchObject({
          status: 422,
          body: { detail: [{ field: 'oracle_url' }] },
        });
    expect(await post({ repo_url: ownUrl.replace('http:', 'https:') })).toMatchObject({
      status: 422,
      body: { detail: [{ field: 'repo_url' }] },
    });
    expect((await post({ judge: 'anthropic' })).status).toBe(403);
    expect(called).toBe(0);
  } finally {
    await installation.stop();
    own.close();
  }
});
