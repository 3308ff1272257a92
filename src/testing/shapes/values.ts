import { seededChoice } from '#verification/text/seeded-choice.ts';
import type { Argument } from './argument.ts';

/**
 * Which text to put everywhere, and which of several alternatives to take. A list holds the whole text as its one item. Or
 * it holds short pieces of it, and what stands outside lists is one piece, so that only the number of items grows.
 */
export type Filling = { text: string; alternative: number; pieces: boolean };

export const pieceLength = 12;
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

const makers: Record<string, (filling: Filling, of: Argument[]) => unknown> = {
  AbortSignal: () => new AbortController().signal,
  ArrayBuffer: ({ text }) => bytesOf(text).buffer,
  AsyncIterable: ({ text }) => inChunks(text),
  Date: () => new Date(0),
  Error: ({ text }) => new Error(text, { cause: new Error(text) }),
  Headers: ({ text }) => headers(text),
  IncomingHttpHeaders: ({ text }) => ({ host: text, origin: text, cookie: text, 'x-forwarded-for': text }),
  Iterable: (filling, of) => of.map((one) => makeValue(one, filling)),
  Map: (filling, [key, value]) =>
    new Map(key && value && [[makeValue(key, filling), makeValue(value, filling)]]),
  Random: () => (bytes: number) => new Uint8Array(bytes),
  ReadableStream: ({ text }) => new Response(text).body,
  RegExp: () => /a/g,
  Request: ({ text }) => request(text),
  Response: ({ text }) => new Response(text, { headers: headers(text) }),
  SeededChoice: () => seededChoice('seed', '1'),
  Set: (filling, of) => new Set(of.map((one) => makeValue(one, filling))),
  URL: ({ text }) => new URL(`http://127.0.0.1/${encodeURIComponent(text.toWellFormed())}`),
  URLSearchParams: ({ text }) => new URLSearchParams([[text, text]]),
  Uint8Array: ({ text }) => bytesOf(text),
};

const anything = ({ text, alternative }: Filling): unknown =>
  alternative % 2 === 0 ? { [text]: text, list: [text, { text }], message: text, code: text } : text;

const piecesOf = (text: string): string[] =>
  Array.from({ length: Math.ceil(text.length / pieceLength) }, (_, at) =>
    text.slice(at * pieceLength, (at + 1) * pieceLength),
  );

/** What stands outside a list. */
const shown = (filling: Filling): Filling =>
  filling.pieces ? { ...filling, text: filling.text.slice(0, pieceLength) } : filling;

export const makeValue = (argument: Argument, filling: Filling): unknown => {
  switch (argument.kind) {
    case 'text':
      return shown(filling).text;
    case 'unknown':
      return anything(shown(filling));
    case 'constant':
      return argument.value;
    case 'list':
      return (filling.pieces ? piecesOf(filling.text) : [filling.text]).map((text) =>
        makeValue(argument.of, { ...filling, text }),
      );
    case 'tuple':
      return argument.of.map((one) => makeValue(one, filling));
    case 'object':
      return Object.fromEntries(argument.fields.map(([name, of]) => [name, makeValue(of, filling)]));
    case 'record':
      return {
        name: makeValue(argument.of, filling),
        [shown(filling).text]: makeValue(argument.of, filling),
      };
    case 'choice': {
      const chosen = argument.of[filling.alternative % argument.of.length];
      return chosen && makeValue(chosen, filling);
    }
    case 'function': {
      if (!filling.pieces) return () => makeValue(argument.returns, filling);
      // Made once: it may be called for each item of a list, and may return a list itself.
      let made: { value: unknown } | null = null;
      return () => {
        made ??= { value: makeValue(argument.returns, filling) };
        return made.value;
      };
    }
    case 'promise':
      return Promise.resolve(makeValue(argument.of, filling));
    case 'made': {
      const make = makers[argument.name.replace('Readonly', '')] ?? makers[argument.name];
      if (make === undefined) throw new Error(`Nothing makes a ${argument.name}.`);
      return make(shown(filling), argument.of);
    }
    case 'opaque':
      throw new Error(`Nothing makes a ${argument.type}.`);
  }
};
