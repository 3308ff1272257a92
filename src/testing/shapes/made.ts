import { seededChoice } from '#verification/text/seeded-choice.ts';

/** How a value of a named type is made, where not every value of its form will do. */
type Made = {
  /** How many of its type arguments say what it contains. */
  contains: number;
  /** Whether there is text in it beside what it contains. */
  holdsText: boolean;
  make: (text: string, contained: () => unknown[]) => unknown;
};

const chunkLength = 4096;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function* inChunks(text: string): AsyncGenerator<Uint8Array> {
  const bytes = bytesOf(text);
  for (let at = 0; at < bytes.length; at += chunkLength) yield bytes.subarray(at, at + chunkLength);
}

/** Header values are bytes without NUL and line breaks; nothing else can arrive. */
const headerValue = (text: string): string => text.replace(/[^\t -\xff]/g, '?');

const headers = (text: string) =>
  new Headers({ authorization: headerValue(text), cookie: headerValue(text) });

const request = (text: string) =>
  new Request(`http://127.0.0.1/?cursor=${encodeURIComponent(text.toWellFormed())}`, {
    method: 'POST',
    headers: headers(text),
    body: text,
  });

const ofText = (make: (text: string) => unknown, contains = 0): Made => ({ contains, holdsText: true, make });
const withoutText = (make: () => unknown): Made => ({ contains: 0, holdsText: false, make });
const container = (contains: number, of: (contained: unknown[]) => unknown): Made => ({
  contains,
  holdsText: false,
  make: (_, contained) => of(contained()),
});

const map = container(2, ([key, ...values]) => new Map(values.map((value) => [key, value])));
const set = container(1, (values) => new Set(values));

/** Classes of the platform. */
export const platformMade: ReadonlyMap<string, Made> = new Map(
  Object.entries({
    AbortSignal: withoutText(() => new AbortController().signal),
    ArrayBuffer: ofText((text) => bytesOf(text).buffer),
    AsyncIterable: ofText(inChunks, 1),
    Date: withoutText(() => new Date(0)),
    Error: ofText((text) => new Error(text, { cause: new Error(text) })),
    Headers: ofText(headers),
    IncomingHttpHeaders: ofText((text) => ({
      host: text,
      origin: text,
      cookie: text,
      'x-forwarded-for': text,
    })),
    Iterable: container(1, (values) => values),
    Map: map,
    ReadableStream: ofText((text) => new Response(text).body, 1),
    ReadonlyMap: map,
    ReadonlySet: set,
    RegExp: withoutText(() => /a/g),
    Request: ofText(request),
    Response: ofText((text) => new Response(text, { headers: headers(text) })),
    Set: set,
    URL: ofText((text) => new URL(`http://127.0.0.1/${encodeURIComponent(text.toWellFormed())}`)),
    URLSearchParams: ofText((text) => new URLSearchParams([[text, text]])),
    Uint8Array: ofText(bytesOf),
  }),
);

/** Types of ours. */
export const ownMade: ReadonlyMap<string, Made> = new Map(
  Object.entries({
    Random: withoutText(() => (bytes: number) => new Uint8Array(bytes)),
    SeededChoice: withoutText(() => seededChoice('seed', '1')),
  }),
);
