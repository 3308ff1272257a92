import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import next from 'next';
import { faultCode, retryAfterSeconds } from '#contracts/errors.ts';
import { isDatabaseUnavailable, reportOutage } from '#db/unavailable.ts';
import { boundConnections } from '#door/connections.ts';
import { isEventStream } from '#door/places.ts';
import { readEnvironment } from '#env.ts';
import { engineLine, isProxyUnnamed, modeLine } from '#mode.ts';
import { hearingOutage } from '#services/ground/index.ts';
import { askWithin } from './ask-within.ts';
import { cannotStart } from './cannot-start.ts';
import { projectRoot } from './child.ts';
import { openDoor } from './open-door.ts';
import { answerOutageWith503, keepOutagesQuiet } from './unavailable-page.ts';
import { endUnlessReady, endWhenStuck, exitByDeadline } from './watchdog.ts';

/**
 * The web process of a built application; with `--dev`, of its sources. It serves what `next start` serves, but decides
 * first what may pass (`src/door`), and stops the way a rolling restart needs: `next start` waits for every connection,
 * so one idle connection or open event stream holds it until it is killed, and it exits with 143.
 */

const dev = process.argv.includes('--dev');

/** A connection that was just opened may still send its request. One that stays silent this long will not. */
const silentMs = 1_000;
const lookEveryMs = 100;

/** Less than the time between two looks. Readiness itself gives up after 2 s. */
const readyWithinMs = 5_000;

/** For the operator: where it was thrown and its code, but not its message, which may repeat what was asked. */
const placeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [
    [error.name, faultCode(error)].filter((word) => word !== null).join(' '),
    ...frames.slice(0, 8),
  ].join('\n');
};

/** An event stream never ends on its own. Its reader reconnects and is served by another process. */
const endStream = (response: ServerResponse) => {
  if (!isEventStream(response) || response.writableEnded) return;
  // Its source may still write; those errors mean nothing.
  response.on('error', () => {});
  response.end();
};

const run = async () => {
  const environment = readEnvironment();
  const { HOST, PORT, GRACE_SECONDS, UNREADY_SECONDS } = environment;
  const { door, logger, close: closeDoor } = openDoor(environment);
  keepOutagesQuiet(logger);
  // Next listens for upgrades on the server that it is given. It gets one of its own, for those that the door admitted.
  const admitted = createServer();
  const application = next({ dev, dir: projectRoot, hostname: HOST, port: PORT, httpServer: admitted });
  await application.prepare();
  const handle = application.getRequestHandler();

  const open = new Set<ServerResponse>();
  const connections = new Set<Socket>();
  let ending = false;

  const listener: RequestListener = (request, response) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    if (ending) response.setHeader('connection', 'close');
    const answer = async () => {
      const passed = await door.admit(request, response);
      if (passed === null) return;
      const heard = { outage: false };
      answerOutageWith503(response, () => heard.outage);
      await hearingOutage(heard, () => handle(passed, response));
    };
    answer().catch((error: unknown) => {
      const isOutage = isDatabaseUnavailable(error);
      if (isOutage) reportOutage(logger, error);
      else process.stderr.write(`A request could not be answered: ${placeOf(error)}\n`);
      // A response that was cut short must not look complete.
      if (response.headersSent) response.destroy();
      else if (isOutage) response.writeHead(503, { 'retry-after': String(retryAfterSeconds) }).end();
      else response.writeHead(500).end();
    });
  };
  const server = createServer({ connectionsCheckingInterval: 5_000 }, listener);
  boundConnections(server, door.peerOf);
  server.on('clientError', door.refuseUnreadable);
  // Only the development server has anything to upgrade to. Without a listener, Node answers as to any other request.
  if (dev)
    server.on('upgrade', (request, socket, head) => {
      // Node listens no more. A client that resets the connection must not end the process.
      socket.on('error', () => socket.destroy());
      if (door.admitUpgrade(request, socket) && !admitted.emit('upgrade', request, socket, head))
        socket.destroy();
    });
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });

  const end = async () => {
    const startedAt = Date.now();
    ending = true;
    exitByDeadline(GRACE_SECONDS * 1_000);
    // Connections that wait to be accepted would be reset. A busy process accepts them in its next turns.
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const look = setInterval(() => {
      for (const response of open) endStream(response);
      server.closeIdleConnections();
      const passedMs = Date.now() - startedAt;
      if (passedMs >= GRACE_SECONDS * 1_000) return server.closeAllConnections();
      if (passedMs < silentMs) return;
      const busy = new Set([...open].map(({ socket }) => socket));
      for (const socket of connections) if (!busy.has(socket)) socket.destroy();
    }, lookEveryMs);
    await closed;
    clearInterval(look);
    await application.close();
    await closeDoor();
  };

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (!ending) void end().finally(() => process.exit(0));
    });
  }
  // One stray error must not cut off everyone's requests, as the end of the process would.
  process.on('uncaughtException', (error) => {
    process.stderr.write(`The web server ends because of an unexpected error: ${placeOf(error)}\n`);
    if (!ending) void end().finally(() => process.exit(1));
  });
  server.on('error', ({ message }) => {
    process.stderr.write(`The web server cannot listen: ${message}\n`);
    process.exit(1);
  });
  server.listen(PORT, HOST, () => {
    for (const line of [modeLine(environment), engineLine(environment)])
      if (line !== null) process.stdout.write(`${line}\n`);
    if (isProxyUnnamed(environment))
      process.stdout.write(
        'NEXTAUTH_URL is public, so a proxy is likely in front. Set TRUSTED_PROXIES to its address, for example TRUSTED_PROXIES=127.0.0.1. Until then, what comes through a proxy on this machine is not counted by address.\n',
      );
    process.stdout.write('The web server is ready.\n');
    const ask = askWithin(listener);
    let answer = 'none yet';
    endUnlessReady(
      async () => {
        if (ending) return true;
        answer = await ask('/api/ready', readyWithinMs).then(String, ({ name }) => `none (${name})`);
        return answer === '200';
      },
      () => {
        process.stderr.write(
          `The web server was not ready for ${UNREADY_SECONDS} s and ends. /api/ready, which says what is missing, last answered: ${answer}.\n`,
        );
        process.exit(1);
      },
      UNREADY_SECONDS * 1_000,
    );
    // A debugger may hold a development server.
    if (!dev) endWhenStuck(UNREADY_SECONDS * 1_000);
  });
};

try {
  await run();
} catch (error) {
  cannotStart('web server', error);
}
