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
 * Headers by name, from the values of `--oracle-header`. A header's value is a secret and a message may end in a log,
 * so no message shows one. Does not check names and values themselves.
 * @throws UsageError if a line is not "Name: value".
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
