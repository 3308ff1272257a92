import { isObject } from './json.ts';

/** A name on the wire (files, REST, the command line's JSON): in snake_case. */
export const wireName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const contractName = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

type Renaming = { rename: (name: string) => string; data: readonly string[] };

const renamed = (value: object, renaming: Renaming): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      renaming.rename(name),
      renaming.data.includes(name) ? inner : renamedIn(inner, renaming),
    ]),
  );

const renamedIn = (value: unknown, renaming: Renaming): unknown => {
  if (Array.isArray(value)) return value.map((item) => renamedIn(item, renaming));
  return isObject(value) && !(value instanceof Date) ? renamed(value, renaming) : value;
};

/** A value with the wire's names. Names that are data are in snake_case already. */
export const toWire = (value: object): Record<string, unknown> =>
  renamed(value, { rename: wireName, data: [] });

/** A value from the wire with the contracts' names, in camelCase. Within the members `data`, names are data. */
export const fromWire = (value: object, data: readonly string[]): Record<string, unknown> =>
  renamed(value, { rename: contractName, data });
