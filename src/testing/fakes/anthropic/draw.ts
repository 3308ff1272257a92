import { createHash } from 'node:crypto';

export const digestOf = (...parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** A number in [0, 1) that depends only on `parts`, so it is the same in any order and any run. */
export const draw = (...parts: string[]): number =>
  Number.parseInt(digestOf(...parts).slice(0, 8), 16) / 2 ** 32;
