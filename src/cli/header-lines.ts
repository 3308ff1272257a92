import { UsageError } from './exit.ts';

const ordinals = [
  'first',
  'second',
  'third',
  'fourth',
  'fifth',
  'sixth',
  'seventh',
  'eighth',
  'ninth',
  'tenth',
];

/**
 * Headers by their names, from what `--oracle-header` was given. A value is a secret, and a message may end in a log,
 * so none says it.
 * @throws UsageError where a line is no "Name: value". What names and values may be is not held against anything.
 */
export const headersOf = (lines: string[]): Record<string, string> =>
  Object.fromEntries(
    lines.map((line, index) => {
      const colon = line.indexOf(':');
      if (colon < 1) {
        const which = index in ordinals ? `The ${ordinals[index]}` : 'Each';
        throw new UsageError(`${which} --oracle-header must be "Name: value", with a colon.`);
      }
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
