import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const ownNetwork = new URL('./own-network.ts', import.meta.url).href;

/** Drops a connection to one of two servers, connects to it again, and lets the packets of the first pass. */
const program = `
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { enterOwnNetwork } from '${ownNetwork}';

const network = enterOwnNetwork();
const say = (line) => console.log(line);
if (typeof network === 'string') {
  say('refused: ' + network);
  process.exit();
}
say('interfaces: ' + Object.keys(networkInterfaces()));
const listen = async () => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
};
const open = async (name, port) => {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.on('error', (error) => say(name + ' failed: ' + error.code));
  await once(socket, 'connect');
  return {
    echo: async (text) => {
      const echoed = once(socket, 'data', { signal: AbortSignal.timeout(20_000) });
      socket.write(text);
      say(name + ' echoed ' + (await echoed)[0]);
    },
    socket,
  };
};
const [port, otherPort] = [await listen(), await listen()];
const existing = await open('existing', port);
const other = await open('other', otherPort);
await existing.echo('1');
const { connections, heal } = network.dropConnections([port]);
say('dropped: ' + connections);
const echoed = existing.echo('2');
await other.echo('3');
const fresh = await open('fresh', port);
await fresh.echo('4');
await delay(1_000);
heal();
say('healed');
await echoed;
process.exit();
`;

test('dropped connections are silent until they are healed, others and new ones work, and the machine’s rules stay', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'echelon-verify-network-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'program.mjs');
  writeFileSync(file, program);
  const rules = () => spawnSync('ip', ['rule'], { encoding: 'utf8' }).stdout;
  const before = rules();
  const { stdout, stderr, status } = spawnSync(process.execPath, [file], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  const refused = /^refused: (.*)/.exec(stdout);
  if (refused !== null) context.skip(`This system allows no network namespace: ${refused[1]}`);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(stdout.trim().split('\n')).toEqual([
    'interfaces: lo',
    'existing echoed 1',
    'dropped: 1',
    'other echoed 3',
    'fresh echoed 4',
    'healed',
    'existing echoed 2',
  ]);
  expect(rules()).toBe(before);
});

test('the rules of a network that is not new are never touched', () => {
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', `import { enterOwnNetwork } from '${ownNetwork}'; enterOwnNetwork();`],
    { encoding: 'utf8', env: { ...process.env, OWN_NETWORK_ENTERED: 'yes' } },
  );
  expect(status).toBe(1);
  expect(stderr).toContain('this network is not new');
});
