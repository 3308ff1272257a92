import { createHash } from 'node:crypto';

export const digestOf = (...parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** A number in [0, 1) that depends on its words alone: no order of arrival and no run changes it. */
export const draw = (...parts: string[]): number =>
  Number.parseInt(digestOf(...parts).slice(0, 8), 16) / 2 ** 32;
