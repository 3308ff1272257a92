/** Functions with faults that the test of hostile text must see. */

export const endsSpaces = (text: string): string => text.replace(/\s+$/, '');

type Titled = { titles: readonly { title: string }[] };
export const endsDigits = ({ titles }: Titled): string[] =>
  titles.map(({ title }) => title.replace(/\d+$/, ''));

export const sharedNames = (names: readonly string[], others: readonly string[]): string[] =>
  names.filter((name) => others.some((other) => other.toLowerCase() === name));

export const waitsForEnd = (text: string): void => {
  while (text.startsWith('[['));
};

export const readsLinearly = (text: string): number => text.split(' ').length;

export class Made {
  #secret = 1;
  read = () => this.#secret;
}
export const takesClass = (text: string, made: Made): string => `${text}${made.read()}`;
