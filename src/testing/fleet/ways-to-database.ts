import type { OwnNetwork } from './own-network.ts';
import { type StallingProxy, startStallingProxy } from './stalling-proxy.ts';

/** A process of a fleet: a worker by its place, or the web server. */
export type Process = number | 'web';

/** The ways of a fleet's processes to their database, whose connections can go silent. */
export type WaysToDatabase = {
  /** The database's address for a process. */
  urlFor(process: Process): string;
  /** The processes that are behind a proxy of their own. */
  behindProxies: readonly Process[];
  /** The existing connections of this process go silent. Returns how many. */
  silence(process: Process): number;
  /**
   * The existing connections of all processes go silent: their packets are dropped until `pass`. In a system that allows
   * no network namespace, those behind proxies go silent for good.
   */
  silenceAll(): { silenced: string; pass: () => void };
  close(): Promise<void>;
};

export const openWaysToDatabase = async (
  databaseUrl: string,
  { behindProxies, network }: { behindProxies: readonly Process[]; network: OwnNetwork | null },
): Promise<WaysToDatabase> => {
  const proxies = new Map<Process, StallingProxy>();
  for (const process of behindProxies) proxies.set(process, await startStallingProxy(databaseUrl));
  const all = [...proxies.values()];
  const ports = [Number(new URL(databaseUrl).port), ...all.map(({ port }) => port)];

  return {
    urlFor: (process) => proxies.get(process)?.databaseUrl ?? databaseUrl,
    behindProxies,
    silence: (process) => proxies.get(process)?.silence() ?? 0,
    silenceAll: () => {
      if (network === null) {
        const silent = all.reduce((sum, proxy) => sum + proxy.silence(), 0);
        return { silenced: `${silent} through proxies`, pass: () => {} };
      }
      const { connections, heal } = network.dropConnections(ports);
      return { silenced: `the packets of ${connections}`, pass: heal };
    },
    close: async () => void (await Promise.all(all.map((proxy) => proxy.close()))),
  };
};
