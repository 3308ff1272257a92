import { on } from 'node:events';
import { createInterface } from 'node:readline';
import type { InputStream } from './terminal.ts';

/** Control-C and control-D, which a terminal in raw mode passes on as characters. */
const endings = ['\u0003', '\u0004'];

/**
 * What the user answers, one word at a time in lower case: each key at once on a terminal, else each line that is not
 * empty. It ends with the input, and by control-C or control-D.
 */
export async function* answersFrom(input: InputStream, signal: AbortSignal): AsyncGenerator<string> {
  if (!input.isTTY || input.setRawMode === undefined) {
    for await (const line of createInterface({ input, signal })) {
      const answer = line.trim().toLowerCase();
      if (answer !== '') yield answer;
    }
    return;
  }
  input.setRawMode(true);
  try {
    input.resume();
    for await (const [chunk] of on(input, 'data', { signal, close: ['end'] }))
      for (const key of String(chunk)) {
        if (endings.includes(key)) return;
        yield key.toLowerCase();
      }
  } finally {
    input.setRawMode(false);
    input.pause();
  }
}
