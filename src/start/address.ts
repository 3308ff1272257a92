import { once } from 'node:events';
import { createServer } from 'node:net';

/** The address under which this machine reaches a server that listens on `host`. */
export const localUrl = (host: string, port: number): string => {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
};

const explanations: Record<string, (host: string, port: number) => string> = {
  EADDRINUSE: (_, port) =>
    `PORT ${port} is taken by another program. Choose a free one, for example PORT=${port === 65_535 ? 3000 : port + 1} npm start.`,
  EACCES: (_, port) =>
    `PORT ${port} may not be used by this account. Choose one above 1023, for example PORT=3000 npm start.`,
  EADDRNOTAVAIL: (host) =>
    `HOST ${host} is not an address of this machine. Choose one that is, for example HOST=127.0.0.1 npm start.`,
  ENOTFOUND: (host) => `HOST ${host} is not known. Choose an address, for example HOST=127.0.0.1 npm start.`,
};

/** @throws an error that says what to set if `host` and `port` cannot be listened on. */
export const requireFreePort = async (host: string, port: number): Promise<void> => {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new Error(explanations[code]?.(host, port) ?? `HOST ${host}, PORT ${port}: ${code}`);
  }
  server.close();
  await once(server, 'close');
};

/** Waits until `url` answers with a 2xx. @returns false if it did not within `withinMs`, or if `signal` aborted. */
export const answers = async (url: string, withinMs: number, signal: AbortSignal): Promise<boolean> => {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline && !signal.aborted) {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
      redirect: 'manual',
    }).catch(() => null);
    await response?.body?.cancel();
    if (response?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  return false;
};
