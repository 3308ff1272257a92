import { isObject } from '#contracts/json.ts';
import { byTurns } from '../runners/fuzzing.ts';

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
type Place = (string | number)[];
/** One alteration. `undefined` removes the value. */
export type Alteration = { place: Place; value: Json | undefined };

/** Every value inside a document with its place. For a list, the first, middle and last item. */
const valuesOf = (value: Json, place: Place = []): [Place, Json][] => {
  const inner: [string | number, Json][] = Array.isArray(value)
    ? [...value.entries()].filter(([at]) => [0, value.length >> 1, value.length - 1].includes(at))
    : isObject(value)
      ? Object.entries(value)
      : [];
  return inner.flatMap(([name, each]): [Place, Json][] => [
    [[...place, name], each],
    ...valuesOf(each, [...place, name]),
  ]);
};

/** Another text of the same form, so that it is not refused for its form. */
const likeIt = (text: string): string[] => {
  if (/^[0-9a-f]{64}$/.test(text)) return [text.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))];
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return [new Date(Date.parse(text) + 86_400_000).toISOString()];
  return text !== '' && String(Number(text)) === text ? [`${Number(text) + 1}`] : [];
};

const otherValues = (value: Json): Json[] => {
  if (typeof value === 'number') return [value + 1, value - 1, value + 0.001, value - 0.001, 0];
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'string') return ['altered', '', 'offline-altered', ...likeIt(value)];
  if (value === null) return [0, 1, true, false, 'altered', {}, []];
  if (Array.isArray(value)) return [[], value.slice(1), [...value, ...value.slice(-1)]];
  return [null, {}];
};

/** Every value altered: in `npm run test:long` in every way, in `npm test` in one, by turns. */
export const alterationsOf = (document: Json): Alteration[] =>
  valuesOf(document).flatMap(([place, value], at) => {
    const others = otherValues(value).filter((other) => JSON.stringify(other) !== JSON.stringify(value));
    return byTurns([undefined, ...others], at).map((other) => ({ place, value: other }));
  });

export const altered = (document: Json, { place, value }: Alteration): Json => {
  const [first, ...rest] = place;
  if (first === undefined) throw new Error('An alteration has a place.');
  if (Array.isArray(document))
    return document.flatMap((item, at) => {
      if (at !== first) return [item];
      const replaced = rest.length === 0 ? value : altered(item, { place: rest, value });
      return replaced === undefined ? [] : [replaced];
    });
  if (!isObject(document)) throw new Error(`Nothing stands at ${place.join('.')}.`);
  const { [first]: old, ...others } = document;
  const replaced = rest.length === 0 ? value : altered(old ?? null, { place: rest, value });
  return replaced === undefined ? others : { ...others, [first]: replaced };
};

const patternOf = (name: string) =>
  new RegExp(
    `^${name
      .split('.')
      .map((part) => (part === '**' ? '.+' : part.replaceAll(/[[\]=]/g, '\\$&')))
      .join('\\.')}(?:[.[]|$)`,
  );

/**
 * Whether a field is among those that are named: itself, or what holds it. `[]` stands for every item of a list, `**` for
 * any place.
 */
export const isNamed = (place: Place, names: string[]): boolean => {
  const path = place
    .map((part) => (typeof part === 'number' ? '[]' : `.${part}`))
    .join('')
    .slice(1);
  return names.some((name) => patternOf(name).test(path));
};
