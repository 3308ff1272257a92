import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { projectRoot } from '#start/child.ts';
import { keepBusy } from './busy.ts';
import { inLines, interruption, inWords, minutes } from './stages.ts';
import { runVitest } from './vitest-run.ts';

/**
 * `npm run test:loaded` repeats the database tests while something else keeps every processor busy. A test that relies
 * on being quick fails here and not on somebody's machine. It stops at the first round that fails. The next call
 * resumes at that round; if the code has changed since, it starts over. `--rounds N` (10), `--files PATTERN` to hunt
 * one race, `--fresh` to forget earlier rounds.
 */

const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    files: { type: 'string' },
    fresh: { type: 'boolean', default: false },
  },
});
const rounds = Number(given.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write('--rounds takes a whole number of at least 1.\n');
  process.exit(2);
}

/** Catches what hangs. The tests' own bounds are far below. */
const roundWithinMs = 45 * minutes;

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** A digest of everything that can change what the tests do. */
const digestOfCode = async (): Promise<string> => {
  const folders = ['src', 'drizzle'];
  const entries = await Promise.all(
    folders.map((folder) => readdir(join(projectRoot, folder), { recursive: true, withFileTypes: true })),
  );
  const files = entries
    .flat()
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(projectRoot.length + 1));
  const hash = createHash('sha256');
  for (const path of ['package.json', 'package-lock.json', 'vitest.config.ts', ...files.sort()])
    hash
      .update(`${path}\0`)
      .update(await readFile(join(projectRoot, path)))
      .update('\0');
  return hash.digest('hex');
};

const stateFolder = join(projectRoot, 'node_modules/.cache');
const stateFile = join(stateFolder, 'loaded-rounds.json');

/** The rounds that passed, by selected files. */
const stateSchema = z.record(z.string(), z.object({ code: z.string(), tookMs: z.array(z.number()) }));

const readState = async (): Promise<z.infer<typeof stateSchema>> => {
  const text = await readFile(stateFile, 'utf8').catch(() => '{}');
  return stateSchema.parse(JSON.parse(text));
};

const signal = interruption();
const code = await digestOfCode();
const selection = given.files ?? 'all';
const state = await readState();
const earlier = state[selection];
const passed = given.fresh || earlier?.code !== code ? [] : earlier.tookMs;
if (passed.length > 0)
  say(`${passed.length} rounds have already passed with this code (--fresh forgets them).`);

for (let round = passed.length + 1; round <= rounds; round += 1) {
  say(`\n── Round ${round} of ${rounds}`);
  const load = keepBusy(roundWithinMs);
  const startedAt = performance.now();
  const outcome = await runVitest(
    ['--project=database', ...(given.files === undefined ? [] : [given.files])],
    AbortSignal.any([signal, AbortSignal.timeout(roundWithinMs)]),
  ).finally(load.stop);
  const tookMs = performance.now() - startedAt;
  if (signal.aborted) {
    say(`\nInterrupted. The same command resumes at round ${round}.`);
    process.exit(1);
  }
  if (outcome.failed > 0) {
    say(`\nRound ${round} of ${rounds} FAILED after ${inWords(tookMs)}:`);
    for (const line of inLines(outcome.failures)) say(line);
    say(`The same command resumes at round ${round} unless the code changes.`);
    process.exit(1);
  }
  passed.push(tookMs);
  await mkdir(stateFolder, { recursive: true });
  await writeFile(
    stateFile,
    JSON.stringify({ ...(await readState()), [selection]: { code, tookMs: passed } }),
  );
  say(`Round ${round} of ${rounds}: ${outcome.passed} passed after ${inWords(tookMs)}`);
}
say(`\n${rounds} of ${rounds} rounds passed: ${passed.slice(0, rounds).map(inWords).join(', ')}`);
