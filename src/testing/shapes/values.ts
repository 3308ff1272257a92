import type { Argument } from './argument.ts';
import { ownMade, platformMade } from './made.ts';

/**
 * Which text to put everywhere, and which of several alternatives to take. A list holds the whole text as its one item. Or
 * it holds short pieces of it, and what stands outside lists is one piece, so that only the number of items grows.
 */
export type Filling = { text: string; alternative: number; pieces: boolean };

export const pieceLength = 12;

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
      const made = ownMade.get(argument.name) ?? platformMade.get(argument.name);
      if (made === undefined) throw new Error(`Nothing makes a ${argument.name}.`);
      return made.make(shown(filling).text, () => argument.of.map((one) => makeValue(one, shown(filling))));
    }
    case 'opaque':
      throw new Error(`Nothing makes a ${argument.type}.`);
  }
};
