import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { runCommand, runInProcess } from '#testing/rigs/command-line.ts';
import { openServedRig, type ServedRig, stopServer } from '#testing/rigs/served-rig.ts';

let at: ServedRig;
beforeAll(async () => {
  at = await openServedRig();
});
afterAll(() => at.close());

test('without --url the installation of the environment is asked: NEXTAUTH_URL, else HOST and PORT', async () => {
  const list = (env: Record<string, string>, ...args: string[]) =>
    runCommand(['run', 'list', '--token-file', at.tokenFile, ...args], { env });
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const [byPort, byUrl, byOption] = await Promise.all([
    list({ HOST: '0.0.0.0', PORT: `${at.port}` }),
    list({ PORT: new URL(nowhere).port, NEXTAUTH_URL: at.url }),
    list({ NEXTAUTH_URL: nowhere }, '--url', at.url),
  ]);
  expect([byPort.code, byUrl.code, byOption.code]).toEqual([0, 0, 0]);
  expect(await list({ PORT: `${at.port}`, NEXTAUTH_URL: nowhere })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`Nothing listens at ${nowhere}.`),
  });
});

test('an address where nothing listens, or something else does, is a failure that names it', async () => {
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const ask = (address: string) =>
    runInProcess(['run', 'list', '--url', address, '--token-file', at.tokenFile]);
  expect(await ask(nowhere)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(`Nothing listens at ${nowhere}. Start`),
  });
  const page = createServer(({ url }, response) => {
    const json = url?.startsWith('/json/');
    response.writeHead(502, { 'content-type': json ? 'application/json' : 'text/html' });
    response.end(json ? '{"error":"planted"}' : '<html>');
  }).listen(0, '127.0.0.1');
  await once(page, 'listening');
  const bound = page.address();
  const other = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`;
  expect(await ask(other)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${other} (HTTP 502) is not an Echelon Verify installation`),
  });
  expect(await ask(`${other}/json/`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${other}/json (in JSON) is not an Echelon Verify installation`),
  });
  await stopServer(page);
});

test('without a usable address or token nothing is asked', async () => {
  const blank = join(at.folder, 'blank');
  writeFileSync(blank, ' \n');
  for (const [args, words] of [
    [['--url', at.url], '--token-file'],
    [['--url', at.url, '--token-file', blank], 'must hold a token'],
    [['--url', at.url, '--token', 'planted two'], 'must hold a token'],
    [['--url', at.url, '--token', 'planted', '--token-file', at.tokenFile], 'cannot be used with'],
    [['--url', 'localhost', '--token-file', at.tokenFile], 'must be an http or https address'],
    [['--url', 'http://u:planted@127.0.0.1', '--token-file', at.tokenFile], 'without user info'],
  ] as const) {
    const outcome = await runInProcess(['run', 'list', ...args]);
    expect(outcome, words).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain(words);
    expect(outcome.stderr).not.toContain('planted');
  }
});
