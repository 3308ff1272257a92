import { readBody } from '#contracts/http.ts';
import type { WitnessResponse } from '#verification/log/witness.ts';

/** What asks one witness. Its key verifies what it answers. */
export type WitnessPort = {
  /** The verifier key as a vkey. */
  vkey: string;
  /** Posts the body of `add-checkpoint`. */
  ask(body: string): Promise<WitnessResponse>;
};

/** tlog-witness: the log waits for no more than a few seconds. */
const timeoutMs = 5_000;
const maxAnswerBytes = 64 * 1024;

export const witnessAt = (
  { vkey, url }: { vkey: string; url: string },
  fetch: (url: string, init: RequestInit) => Promise<Response>,
): WitnessPort => ({
  vkey,
  ask: async (body) => {
    const response = await fetch(`${url.replace(/(?<!\/)\/+$/, '')}/add-checkpoint`, {
      method: 'POST',
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const bytes = await readBody(response, maxAnswerBytes);
    return {
      status: response.status,
      contentType: response.headers.get('content-type'),
      body: new TextDecoder().decode(bytes ?? new Uint8Array()),
    };
  },
});
