/**
 * Where hostile words can stand: in what a pull request's authors write, in what an oracle answers, and in an answer
 * key, whose author is a judge that read the former.
 */
export const places = [
  'title',
  'description',
  'diff',
  'file',
  'summary',
  'claim',
  'response',
  'key',
] as const;
export type Place = (typeof places)[number];

export type Attack = { name: string; places: readonly Place[]; text: string };

export const authored: readonly Place[] = ['title', 'description', 'diff', 'file'];
export const answered: readonly Place[] = ['summary', 'claim', 'response'];

/**
 * The nonce that forged delimiters bear. Nobody can know a real one; tests draw this one, so that every guess is
 * right and nothing but the fence itself is left to hold.
 */
export const guessedNonce = '5f0e1d2c3b4a59687786a5b4';
