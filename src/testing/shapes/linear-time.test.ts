import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isLongRun } from '../runners/fuzzing.ts';
import { argumentsOf, holdsText, opaqueIn } from './argument.ts';
import { type Discovered, discoverExports } from './discover.ts';
import { nearMatchesOf } from './near-matches.ts';
import { runTrials } from './run-trials.ts';
import { notCalled, types } from './table.ts';
import type { Trial } from './try-functions.ts';

const src = join(import.meta.dirname, '../..');
/** What a function leaves behind that takes the first text for a path. */
const leftBehind = () => ['a', join(src, 'a')].filter((path) => existsSync(path));
const planted = 'testing/shapes/planted.ts';

/** React calls what a `.tsx` file exports, and Next what a route exports. */
const isModule = (file: string) => file.endsWith('.ts') && !/\.test\.ts$|\/route\.ts$/.test(file);

const covers = (entry: string, { file, name }: Pick<Discovered, 'file' | 'name'>) =>
  entry.endsWith('/') ? file.startsWith(entry) : entry === file || entry === `${file} ${name}`;

const whyNotCalled = (one: Pick<Discovered, 'file' | 'name'>): string | undefined =>
  Object.entries(notCalled).find(([entry]) => covers(entry, one))?.[1];

const readsText = (one: Discovered) => argumentsOf(one).some(holdsText);

/** The types in the way of calling a function that nothing explains. */
const unexplained = ({ parameters }: Discovered): string[] =>
  parameters.some((one) => opaqueIn(one).some((type) => types[type] !== undefined))
    ? []
    : parameters.flatMap(opaqueIn);

const trialsOf = (found: Discovered[]): Trial[] =>
  [...Map.groupBy(found, ({ file }) => file)].flatMap(([file, inFile]) => {
    const nearMatches = nearMatchesOf(readFileSync(join(src, file), 'utf8'));
    return inFile.map((one) => ({ ...one, nearMatches }));
  });

const everything = discoverExports(isModule).filter(readsText);
const walked = everything.filter((one) => whyNotCalled(one) === undefined);
const callable = walked.filter(({ parameters }) => parameters.flatMap(opaqueIn).length === 0);

test('every exported function that takes text can be called, or the table says why it is not', () => {
  expect(callable.length).toBeGreaterThan(400);
  const missing = walked
    .filter((one) => unexplained(one).length > 0)
    .map((one) => `${one.file} ${one.name} takes ${unexplained(one)}: add it to table.ts, with the reason.`);
  expect(missing).toEqual([]);
});

test('the table names nothing that is not there', () => {
  const unused = [
    ...Object.keys(notCalled).filter((entry) => !everything.some((one) => covers(entry, one))),
    ...Object.keys(types).filter(
      (type) => !walked.some(({ parameters }) => parameters.flatMap(opaqueIn).includes(type)),
    ),
  ];
  expect(unused).toEqual([]);
});

test('100 KB of hostile text take each of them time that grows no faster than the text', async () => {
  const findings = await runTrials(trialsOf(callable), { all: isLongRun });
  expect(leftBehind(), 'A function that writes files belongs into the table.').toEqual([]);
  expect(findings.map(({ file, name, text, problem }) => `${file} ${name}: ${problem} (${text})`)).toEqual(
    [],
  );
}, 900_000);

test('functions that are quadratic, do not end or cannot be called are found', async () => {
  const found = everything.filter(({ file }) => file === planted);
  const [called, refused] = [true, false].map((is) =>
    found.filter((one) => (unexplained(one).length === 0) === is),
  );
  expect(refused?.map(({ name }) => name)).toEqual(['takesClass']);
  const findings = await runTrials(trialsOf(called ?? []), { all: false, mostMs: 1_000 });
  expect([...new Set(findings.map(({ name }) => name))].sort()).toEqual([
    'endsDigits',
    'endsSpaces',
    'sharedNames',
    'waitsForEnd',
  ]);
});
