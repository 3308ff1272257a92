import { expect, test } from 'vitest';
import { readBody, readChunks, retryAfterMs } from './http.ts';

const encoded = (text: string) => new TextEncoder().encode(text);

/** A response whose body arrives in pieces. `cancelled` says whether its reader stopped early. */
const arriving = (pieces: string[], headers: Record<string, string> = {}) => {
  let cancelled = false;
  const left = [...pieces];
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = left.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(encoded(piece));
      },
      cancel: () => {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { message: new Response(body, { headers }), left, cancelled: () => cancelled };
};

test('a body up to the limit is read whole', async () => {
  expect(await readBody(arriving(['ab', 'cd']).message, 4)).toEqual(encoded('abcd'));
  expect(await readBody(new Response(null), 4)).toEqual(new Uint8Array());
});

test('reading stops as soon as a body exceeds the limit', async () => {
  const { message, left, cancelled } = arriving(['ab', 'cd', 'ef', 'gh']);
  expect(await readBody(message, 3)).toBeNull();
  expect(left).toEqual(['ef', 'gh']);
  expect(cancelled()).toBe(true);
});

test('a body that declares itself too large is not read', async () => {
  const { message, left, cancelled } = arriving(['ab', 'cd'], { 'content-length': '4' });
  expect(await readBody(message, 3)).toBeNull();
  expect(left).toEqual(['ab', 'cd']);
  expect(cancelled()).toBe(false);
  expect(message.bodyUsed).toBe(false);
});

test('a reader that has enough reads no further', async () => {
  const { message, left, cancelled } = arriving(['ab', 'cd', 'ef']);
  const taken: Uint8Array[] = [];
  expect(await readChunks(message, 100, (chunk) => taken.push(chunk) < 2)).toBe(true);
  expect(taken).toEqual([encoded('ab'), encoded('cd')]);
  expect(left).toEqual(['ef']);
  expect(cancelled()).toBe(true);
});

test.each([
  ['7', 7000],
  [' 120 ', 120_000],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
  ['Sun Nov  6 08:49:37 1994', 37_000],
  ['Sun, 06 Nov 1994 08:48:00 GMT', 0],
  ['-1', null],
  ['0.5', null],
  ['soon', null],
  ['', null],
])('Retry-After: %j', (header, ms) => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 0);
  expect(retryAfterMs(new Headers({ 'retry-after': header }), now)).toBe(ms);
});

test('without the header there is no Retry-After', () => {
  expect(retryAfterMs(new Headers(), 0)).toBeNull();
});
