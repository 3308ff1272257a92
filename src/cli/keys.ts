import { on } from 'node:events';
import { createInterface, emitKeypressEvents, type Key } from 'node:readline';
import type { InputStream } from './terminal.ts';

/** Control-C and control-D, which a terminal in raw mode passes on as characters. */
const endings = ['\u0003', '\u0004'];

const isOneCharacter = (text: string) => [...text].length === 1;

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
  // What arrives together is pasted, or the code of a key such as End. Neither is an answer.
  let isOneKey = false;
  const onData = (chunk: Buffer | string) => {
    const text = String(chunk);
    isOneKey = isOneCharacter(text);
    if (endings.some((ending) => text.includes(ending))) input.emit('leave');
  };
  // A key's code can also arrive in pieces, which only its reading puts together.
  const onKeypress = (_: unknown, { sequence = '', ctrl, meta }: Key) => {
    if (isOneKey && isOneCharacter(sequence) && !ctrl && !meta) input.emit('answer', sequence.toLowerCase());
  };
  input.setRawMode(true);
  emitKeypressEvents(input);
  input.on('keypress', onKeypress);
  // Before the listener that reads keys, so that it knows of their chunk.
  input.prependListener('data', onData);
  try {
    input.resume();
    for await (const [answer] of on(input, 'answer', { signal, close: ['end', 'leave'] })) yield answer;
  } finally {
    input.off('data', onData);
    input.off('keypress', onKeypress);
    input.setRawMode(false);
    input.pause();
  }
}
