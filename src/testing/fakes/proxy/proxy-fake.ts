import { createServer, request as sendRequest } from 'node:http';
import { connect } from 'node:net';

export type ProxyFake = {
  url: string;
  /** The `host:port` of each connection that it was asked for, and of each request in absolute form. */
  asked: string[];
  close(): Promise<void>;
};

/**
 * An HTTP proxy on loopback: CONNECT (RFC 9110, 9.3.6) and requests in absolute form (RFC 9112, 3.2.2). It resolves names
 * itself: `hosts` maps `host:port` to a port of this machine; anything else is answered with 502.
 */
export const startProxyFake = async (
  hosts: Record<string, number>,
  { credentials }: { credentials?: string } = {},
): Promise<ProxyFake> => {
  const asked: string[] = [];
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  const refusal = (authority: string, authorization: string | undefined): number | null => {
    asked.push(authority);
    if (wanted !== undefined && authorization !== wanted) return 407;
    return hosts[authority] === undefined ? 502 : null;
  };
  const server = createServer((request, response) => {
    const target = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : null;
    const authority = target === null ? '' : `${target.hostname}:${target.port || '80'}`;
    const status = refusal(authority, request.headers['proxy-authorization']);
    if (target === null || status !== null) {
      response.writeHead(status ?? 400, status === 407 ? { 'proxy-authenticate': 'Basic' } : {}).end();
      return;
    }
    const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = request.headers;
    const onward = sendRequest(
      {
        host: '127.0.0.1',
        port: hosts[authority],
        method: request.method,
        path: `${target.pathname}${target.search}`,
        headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const authority = request.url ?? '';
    const status = refusal(authority, request.headers['proxy-authorization']);
    if (status !== null) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const onward = connect(hosts[authority] ?? 0, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket);
      socket.pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
