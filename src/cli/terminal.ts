import type { Readable } from 'node:stream';
import { stripVTControlCharacters, styleText } from 'node:util';
import { cutText } from '#contracts/text.ts';

type Style = 'bold' | 'dim' | 'cyan' | 'green' | 'red' | 'yellow';

/** Colours text for one stream; leaves it plain if the stream is not a terminal or NO_COLOR is set. */
export type Paint = (style: Style, text: string) => string;

export type Terminal = {
  /** The command's result, and nothing else. */
  result: (text: string) => void;
  /** A message to the user, on standard error. */
  say: (line: string) => void;
  /** For results. */
  paint: Paint;
  /** For messages. */
  paintMessage: Paint;
  messages: MessageStream;
  /** What the user types, or what is piped in. */
  input: InputStream;
  /** The width of the terminal that results go to, in characters; undefined in a pipe. */
  columns: number | undefined;
};

/** The part of a terminal that progress needs. A pipe has neither field. */
export type MessageStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

/** A pipe has neither. */
export type InputStream = Readable & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown };

export const openTerminal = (stdout: MessageStream, stderr: MessageStream, input: InputStream): Terminal => ({
  result: (text) => stdout.write(`${text}\n`),
  say: (line) => stderr.write(`${line}\n`),
  paint: (style, text) => styleText(style, text, { stream: stdout }),
  paintMessage: (style, text) => styleText(style, text, { stream: stderr }),
  messages: stderr,
  input,
  columns: stdout.columns,
});

/**
 * Text from outside on one line, harmless to a terminal: an escape sequence could repaint what was printed before, and
 * a bidirectional override could make it read as something else. Cut to `maxLength` UTF-16 code units, with an ellipsis
 * if something is missing.
 */
export const plain = (text: string, maxLength = Number.POSITIVE_INFINITY): string =>
  cutText(
    stripVTControlCharacters(text)
      .replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]+/gu, ' ')
      .trim(),
    maxLength,
    '…',
  );

/** JSON of the same value, harmless to a terminal: what would drive it is escaped. */
export const plainJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (text) =>
    Array.from(
      { length: text.length },
      (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
