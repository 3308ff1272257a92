/**
 * Where hostile words can be: in what a pull request's authors write, in an oracle's answer, and in an answer key,
 * which a judge wrote after reading the pull request.
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
 * The nonce in forged delimiters. Nobody can know a real nonce. Tests draw this one, so every guess is right and only
 * the fence itself can hold.
 */
export const guessedNonce = '5f0e1d2c3b4a59687786a5b4';
