import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** A network namespace of this program's own, in which packets are dropped without touching the machine's network. */
export type OwnNetwork = {
  /** Drops from now on all packets of the TCP connections that these ports have. New connections work. */
  dropConnections(ports: readonly number[]): { connections: number; heal(): void };
};

/** Tells the program that it was started again. */
const enteredVariable = 'OWN_NETWORK_ENTERED';

/** Root needs no other account's rights. Another account gets them by a user namespace, in which it keeps its name. */
const unshare = () => [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps']),
  '--net',
];

const ip = (commands: readonly string[]) =>
  execFileSync('ip', ['-batch', '-'], {
    input: commands.map((command) => `${command}\n`).join(''),
    stdio: ['pipe', 'ignore', 'inherit'],
  });

/** Rules of lower numbers are asked first. The system asks its rule for local addresses, number 0, before any other. */
const dropRule = 10;
const prepared = [
  'link set lo up',
  'rule add pref 100 lookup local',
  'rule del pref 0',
  // The last one only tries whether this system can do it.
  `rule add pref ${dropRule} ipproto tcp sport 1 dport 1 blackhole`,
  `rule del pref ${dropRule} ipproto tcp sport 1 dport 1 blackhole`,
];

const established = '01';

/** The ports of both ends of each established connection, once from each end. */
const connections = (): { from: number; to: number }[] =>
  readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === established)
    .map(([, local = '', remote = '']) => {
      const port = (address: string) => Number.parseInt(address.split(':')[1] ?? '', 16);
      return { from: port(local), to: port(remote) };
    });

const dropConnections: OwnNetwork['dropConnections'] = (ports) => {
  const dropped = connections().filter(({ from, to }) => ports.includes(from) || ports.includes(to));
  const rules = (verb: string) =>
    ip(
      dropped.map(
        ({ from, to }) => `rule ${verb} pref ${dropRule} ipproto tcp sport ${from} dport ${to} blackhole`,
      ),
    );
  rules('add');
  return { connections: dropped.length / 2, heal: () => void rules('del') };
};

/**
 * Starts this program again, with the same arguments, in a network namespace of its own, where it has nothing but
 * loopback. Everything that it starts is in there too. Call it first: nothing from before is kept.
 * @returns the network once it is entered, or why this system does not allow one.
 */
export const enterOwnNetwork = (): OwnNetwork | string => {
  if (process.env[enteredVariable] !== undefined) {
    delete process.env[enteredVariable];
    // In a new network not even loopback is up. Any other may be the machine's, which must not be touched.
    if (Object.keys(networkInterfaces()).length > 0)
      throw new Error(`Unset ${enteredVariable}: this network is not new.`);
    ip(prepared);
    return { dropConnections };
  }
  if (process.platform !== 'linux') return 'only Linux has network namespaces';
  const [program = '', ...options] = unshare();
  const tried = spawnSync(program, [...options, 'ip', '-batch', '-'], {
    input: prepared.map((command) => `${command}\n`).join(''),
    encoding: 'utf8',
  });
  if (tried.status !== 0)
    return (tried.stderr ?? '').trim().split('\n')[0] || (tried.error?.message ?? 'unshare or ip failed');
  process.execve?.(
    '/usr/bin/env',
    ['env', program, ...options, process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { ...process.env, [enteredVariable]: 'yes' },
  );
  throw new Error('This Node cannot replace its process.');
};
