import { readBody } from '#contracts/http.ts';
import type { OracleRequest } from '#contracts/oracle.ts';
import { parseOracleAnswer } from './answer.ts';
import {
  type ExchangePorts,
  endOfReading,
  exchangeWithRetries,
  lookAt,
  requestHeaders,
  statusFailure,
  tooLarge,
} from './exchange.ts';
import type { Oracle } from './oracle.ts';

export type HttpOracleOptions = {
  url: string;
  headers: Record<string, string>;
  /** Limit for one whole exchange, including the body. */
  timeoutMs?: number;
  maxBytes?: number;
};

/**
 * An oracle behind a URL (wire contract, "HTTP oracle"). No failure detail contains a header or the URL, and of an
 * answer only what it held in place of the contract's fields, in few words.
 */
export const httpOracle = (
  ports: ExchangePorts,
  { url, headers, timeoutMs = 120_000, maxBytes = 1024 * 1024 }: HttpOracleOptions,
): Oracle => {
  const sentHeaders = requestHeaders(headers);
  return {
    ask(request: OracleRequest, signal?: AbortSignal) {
      const body = JSON.stringify(request);
      return exchangeWithRetries(ports, { url, timeoutMs }, signal, async (post) => {
        const response = await post(sentHeaders, body);
        const failed = await statusFailure(response, ports.now());
        if (failed !== null) return failed;
        const bytes = await readBody(response, maxBytes);
        if (bytes === null) return tooLarge(response, maxBytes);
        return endOfReading(parseOracleAnswer(bytes));
      });
    },
    look: (signal) => lookAt(ports, url, signal),
  };
};
