import type { ServerResponse } from 'node:http';
import { retryAfterSeconds } from '#contracts/errors.ts';
import { isDatabaseUnavailable, reportOutage } from '#db/unavailable.ts';
import { hasHeardOutage, type Log } from '#services/ground/index.ts';

/** Plain HTML: the application's own pages need the database. */
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${retryAfterSeconds}">
<title>Echelon Verify is not available</title>
<h1>Echelon Verify is not available</h1>
<p>Its database cannot be used at the moment. This page tries again every ${retryAfterSeconds} seconds.</p>
</html>
`;

/** Headers about the body that is replaced. */
const aboutBody = ['content-encoding', 'content-length', 'transfer-encoding', 'etag', 'link', 'vary'];

/**
 * Makes a fault of this response a 503 with a plain page, if by then `isOutage`. Next answers each exception in a page with
 * 500 and a document that only a script can read.
 */
export const answerOutageWith503 = (response: ServerResponse, isOutage: () => boolean): void => {
  const { writeHead, write, end } = response;
  let replaced = false;
  Object.assign(response, {
    writeHead: (status: number, ...rest: unknown[]) => {
      if (status !== 500 || !isOutage()) return Reflect.apply(writeHead, response, [status, ...rest]);
      replaced = true;
      for (const name of aboutBody) response.removeHeader(name);
      return Reflect.apply(writeHead, response, [
        503,
        {
          'content-type': 'text/html; charset=utf-8',
          'content-length': Buffer.byteLength(page),
          'cache-control': 'no-store',
          'retry-after': retryAfterSeconds,
        },
      ]);
    },
    write: (...chunk: unknown[]) => {
      if (!response.headersSent) response.writeHead(response.statusCode);
      return replaced || Reflect.apply(write, response, chunk);
    },
    end: (...chunk: unknown[]) => {
      if (!response.headersSent) response.writeHead(response.statusCode);
      return Reflect.apply(end, response, replaced ? [response.req.method === 'HEAD' ? '' : page] : chunk);
    },
  });
};

/**
 * Next prints each exception of a page with its stack. While the database is away these are hundreds, and the log says it
 * in a line a minute.
 */
export const keepOutagesQuiet = (log: Pick<Log, 'error'>, output: Pick<Console, 'error'> = console): void => {
  const { error } = output;
  output.error = (...said: unknown[]) => {
    if (hasHeardOutage()) return;
    const outage = said.find(isDatabaseUnavailable);
    if (outage === undefined) error.apply(output, said);
    else reportOutage(log, outage);
  };
};
