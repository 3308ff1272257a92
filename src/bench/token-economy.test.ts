import { expect, test } from 'vitest';
import { oracleAnswer } from '#testing/builders/judged-fixtures.ts';
import { ownChanges, ownReadings } from '#testing/builders/own-changes.ts';
import { tokensOf } from '#testing/fakes/anthropic/cache.ts';
import { addFigures, type EconomyFigures, measureTokenEconomy } from './token-economy.ts';

/** The default model caches no shorter prompt (platform.claude.com/docs/en/build-with-claude/prompt-caching). */
const smallestCacheable = 1024;

test('input costs at most 0.45 of the plain plan for a first construct, 0.40 for the next, 0.55 in economy mode', async () => {
  const readings = new Map(ownReadings().map((reading) => [reading.id, reading]));
  const changes = ownChanges();
  const figures = await measureTokenEconomy(changes, ({ id }) => {
    const reading = readings.get(id);
    return oracleAnswer(reading?.summary ?? '', reading?.key_claims ?? [], reading?.key_claims[0]);
  });
  const sumOver = (chosen: typeof changes): EconomyFigures =>
    addFigures(chosen.flatMap(({ id }) => figures.get(id) ?? []));
  const large = sumOver(changes.filter(({ diff }) => tokensOf(diff) >= smallestCacheable));
  expect(large.changes).toBeGreaterThan(4);
  expect(large.first / large.plain).toBeLessThanOrEqual(0.45);
  expect(large.next / large.plain).toBeLessThanOrEqual(0.4);
  expect(large.economy / large.plain).toBeLessThanOrEqual(0.55);
  // Small pull requests gain too: with the instructions they are long enough to be cached.
  const all = sumOver(changes);
  expect(all.first / all.plain).toBeLessThanOrEqual(0.45);
  expect(all.economy / all.plain).toBeLessThanOrEqual(0.55);
});
