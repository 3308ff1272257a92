import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { behindProxy, ProxyError } from './proxies.ts';

export type Tunnels = {
  /** Opens a connection to `host:port` by way of the proxy. Rejects with ProxyError if the proxy does not make it. */
  open(host: string, port: string): Promise<Socket>;
  close(): Promise<void>;
};

const timeoutMs = 10_000;

const basic = ({ username, password }: URL): Record<string, string> =>
  username === ''
    ? {}
    : {
        'proxy-authorization': `Basic ${Buffer.from(
          `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
        ).toString('base64')}`,
      };

/** CONNECT (RFC 9110, 9.3.6) at one proxy. */
export const openTunnels = (proxy: string): Tunnels => {
  const url = new URL(proxy);
  const agent = new Agent({ connect: { timeout: timeoutMs } });
  return {
    async open(host, port) {
      const path = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
      try {
        const { socket, statusCode } = await agent.connect({
          origin: url.origin,
          path,
          headers: { host: path, ...basic(url) },
          signal: AbortSignal.timeout(timeoutMs),
        });
        if (statusCode === 200) return socket as Socket;
        socket.on('error', () => undefined).destroy();
        throw behindProxy(new Error(`Proxy response (${statusCode})`), proxy);
      } catch (error) {
        const explained = behindProxy(error, proxy);
        throw explained instanceof ProxyError
          ? explained
          : new ProxyError(`The proxy ${url.host} did not make the connection in time.`);
      }
    },
    close: () => agent.close(),
  };
};

/** TLS inside a tunnel, for the name that was asked for. */
export const secureTunnel = (
  socket: Socket,
  options: buildConnector.Options,
  callback: buildConnector.Callback,
): void => {
  const servername = options.servername || options.hostname.replace(/^\[|\]$/g, '');
  buildConnector({ timeout: timeoutMs })(
    { ...options, ...(isIP(servername) === 0 && { servername }), httpSocket: socket },
    callback,
  );
};

/**
 * A proxy on loopback for git, which can be told a proxy but not which address the proxy shall dial. It connects only
 * what it was told to, and only for callers with its password.
 */
export const openRelay = (tunnels: Tunnels) => {
  const password = randomBytes(24).toString('hex');
  const addresses = new Map<string, { address: string; port: string }>();
  const server = createServer((_, response) => {
    response.writeHead(405).end();
  });
  server.on('connect', (request, socket: Socket, head) => {
    socket.on('error', () => socket.destroy());
    const refuse = (status: string) => socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
    const target = addresses.get(request.url ?? '');
    if (request.headers['proxy-authorization'] !== `Basic ${btoa(`git:${password}`)}`) {
      refuse('407 Proxy Authentication Required');
    } else if (target === undefined) refuse('403 Forbidden');
    else
      tunnels.open(target.address, target.port).then(
        (onward) => {
          onward.on('error', () => socket.destroy());
          onward.on('close', () => socket.destroy());
          socket.on('close', () => onward.destroy());
          socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
          onward.write(head);
          onward.pipe(socket).pipe(onward);
        },
        () => refuse('502 Bad Gateway'),
      );
  });
  // It ends with the process.
  server.unref();
  const listening = new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : 0);
    });
  });
  return {
    /** The proxy's URL for git, through which `host:port` leads to this address. */
    async leadTo(host: string, port: string, address: string): Promise<string> {
      addresses.set(`${host}:${port}`, { address, port });
      return `http://git:${password}@127.0.0.1:${await listening}`;
    },
  };
};
