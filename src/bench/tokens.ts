import { fileURLToPath } from 'node:url';
import { temporaryFolders } from '#platform/git/repository-folders.ts';
import { gitRunner } from '#platform/git/run-git.ts';
import { oracleAnswer } from '#testing/builders/judged-fixtures.ts';
import { tokensOf } from '#testing/rigs/metered-model.ts';
import { gitSource } from '#verification/sources/git/git.ts';
import { addFigures, measureTokenEconomy } from './token-economy.ts';

/** `npm run bench:tokens`: compares the input cost of judging this repository's own changes with the plain plan. */
const smallestCacheable = 1024;

const source = gitSource({
  ...temporaryFolders,
  runGit: gitRunner({ searchPath: process.env.PATH ?? '' }),
  path: fileURLToPath(new URL('../..', import.meta.url)),
  name: 'echelon-verify',
});
const { drawn } = await source.draw({ limit: 60, reserve: 0, seed: 'tokens', since: null, label: null });
const figures = await measureTokenEconomy(drawn, ({ title, description }) =>
  // As long as a usual answer. What it says does not change the measured shares.
  oracleAnswer(
    `${title}. ${description}`,
    ['First', 'Second', 'Third', 'Fourth'].map((place) => `${place} claim about what changes: ${title}`),
    title,
  ),
);
const of = (large: boolean) =>
  addFigures(
    drawn
      .filter(({ diff }) => !large || tokensOf(diff) >= smallestCacheable)
      .flatMap(({ id }) => figures.get(id) ?? []),
  );
for (const [name, { plain, changes, ...costs }] of [
  [`diffs from ${smallestCacheable} tokens on`, of(true)],
  ['all', of(false)],
] as const) {
  const shares = Object.entries(costs).map(([cost, tokens]) => `${cost} ${(tokens / plain).toFixed(3)}`);
  process.stdout.write(
    `${name}: ${changes} changes, plain ${Math.round(plain)} tokens; ${shares.join(', ')}\n`,
  );
}
