import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { publishCheckpoint } from '#services/log/index.ts';
import { issuedRig, servePublicFiles } from '#testing/rigs/issued-rig.ts';
import { anyEntries, append } from '#testing/rigs/log-rig.ts';
import { packagesOf, runShell, skipWithout } from '#testing/rigs/shell.ts';
import {
  goInstallation,
  keys,
  logCheck,
  ownCheck,
  ownMonitor,
  programs,
  signatureCheck,
  variables,
} from './commands.ts';
import { GET } from './programs/[name]/route.ts';

/** Where a stranger types them. As in a clone, `npx` finds the program there. */
const folder = mkdtempSync(join(tmpdir(), 'echelon-stranger-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => {
  const bin = join(folder, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(join(import.meta.dirname, '../../cli/main.ts'), join(bin, 'echelon-verify'));
});

const prefix = '/docs/programs/';
const program = (name: string) =>
  GET(new Request(`http://127.0.0.1:3000${prefix}${name}`), { params: Promise.resolve({ name }) });

const serve = async () => {
  const rig = await issuedRig();
  const server = await servePublicFiles(rig, (path) =>
    path.startsWith(prefix) ? program(path.slice(prefix.length)) : undefined,
  );
  onTestFinished(server.close);
  // Nothing is kept in the clone, and npm asks nobody for its own newest version.
  const own = `export DATA_DIR=${join(folder, 'data')} CI=true`;
  const type = (...commands: string[]) =>
    runShell(folder, [own, variables(server.url, rig.certificateId), ...commands].join('\n'));
  return { ...rig, type };
};

test('the page’s commands check a served certificate as they stand, with our program and without', async (context) => {
  skipWithout(context, 'curl', 'python3', 'OpenSSL 3');
  const { type } = await serve();
  expect(await type(keys)).toEqual({ code: 0, output: '' });
  for (const [command, said] of [
    [ownCheck, 'Valid.'],
    [ownMonitor, ' has 5 entries; root '],
    [signatureCheck, 'Signature Verified Successfully'],
  ] as const) {
    const { code, output } = await type(command);
    expect(output).toContain(said);
    expect(code, output).toBe(0);
  }
});

test('the page’s commands check a served log with Go’s tools as they stand, again as it grows', async (context) => {
  skipWithout(context, 'curl', 'Go with golang.org/x/mod');
  expect(goInstallation).toBe(`apt-get install ${packagesOf('Go with golang.org/x/mod').join(' ')}`);
  const { type, context: installation } = await serve();
  const first = await type(keys, logCheck);
  expect(first).toEqual({
    code: 0,
    output: 'Entry 3 of 5 is this certificate, registered before in entry 2.\n',
  });
  await append(installation, anyEntries(2));
  await publishCheckpoint(installation);
  const { code, output } = await type(logCheck);
  expect(output).toContain('The 5 entries that were seen before are its first ones.');
  expect(code).toBe(0);
});

test('the programs are served as the text that they are, and no other file is', async () => {
  for (const name of programs) {
    const answer = await program(name);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(await answer.text()).toBe(readFileSync(join(import.meta.dirname, 'programs', name), 'utf8'));
  }
  for (const name of ['', 'check-log.db.test.ts', '../commands.ts', 'toString'])
    expect((await program(name)).status, name).toBe(404);
});
