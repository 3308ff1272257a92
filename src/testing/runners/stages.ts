import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { projectRoot } from '#start/child.ts';

/** A failed test, or a file that failed although none of its tests did. */
export type Failure = { file: string; test: string | null; message: string };

export type Outcome = { passed: number; failed: number; skipped: number; failures: Failure[] };

/** A stage that runs no tests counts as one test. */
export const asOneTest = (passed: boolean): Outcome => ({
  passed: passed ? 1 : 0,
  failed: passed ? 0 : 1,
  skipped: 0,
  failures: [],
});

/** Each failed test, and below it the first line of its message. */
export const inLines = (failures: Failure[]): string[] =>
  failures.map(
    ({ file, test, message }) => `  ${file}${test === null ? '' : ` > ${test}`}\n    ${firstLineOf(message)}`,
  );

const firstLineOf = (text: string) => stripVTControlCharacters(text).trim().split('\n')[0] ?? '';

export type Stage = {
  name: string;
  /** A stage that takes longer hangs. It is ended and counts as failed. */
  withinMs: number;
  run: (signal: AbortSignal) => Promise<Outcome>;
};

export const minutes = 60_000;

/** How long a program may take to end before it is killed. */
const graceMs = 20_000;

/** Aborted by Ctrl-C and SIGTERM. What is running is ended, and nothing else begins. */
export const interruption = (): AbortSignal => {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort());
  return interrupted.signal;
};

/**
 * Runs a Node program of this project, with its output shown, and returns whether it succeeded. Output that is held is
 * shown once the program has ended: another program shows its own meanwhile.
 */
export const runNode = async (
  argv: string[],
  signal: AbortSignal,
  { environment = {}, held = false }: { environment?: Record<string, string>; held?: boolean } = {},
): Promise<boolean> => {
  if (signal.aborted) return false;
  const child = spawn(process.execPath, argv, {
    cwd: projectRoot,
    stdio: held ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    env: {
      ...process.env,
      NEXT_TELEMETRY_DISABLED: '1',
      NODE_COMPILE_CACHE: join(projectRoot, 'node_modules/.cache/compiled'),
      ...environment,
    },
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => output.push(chunk));
  let timer: NodeJS.Timeout | undefined;
  // The terminal sends Ctrl-C to the program too. A SIGTERM to this process or a timeout must be passed on.
  const end = () => {
    child.kill('SIGTERM');
    timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  signal.addEventListener('abort', end, { once: true });
  const [code] = await once(child, held ? 'close' : 'exit');
  signal.removeEventListener('abort', end);
  clearTimeout(timer);
  process.stdout.write(Buffer.concat(output));
  return code === 0;
};

export const inWords = (ms: number): string =>
  ms < minutes
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / minutes)} min ${String(Math.floor((ms % minutes) / 1000)).padStart(2, '0')} s`;

const say = (line: string) => void process.stdout.write(`${line}\n`);

type Row = { name: string; tookMs: number; outcome: Outcome };

const table = (rows: Row[]): string[] => {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const columns = (name: string, ...others: (string | number)[]) =>
    [name.padEnd(width), ...others.map((other) => String(other).padStart(12))].join('');
  return [
    columns('Stage', 'time', 'passed', 'failed', 'skipped'),
    ...rows.map(({ name, tookMs, outcome: { passed, failed, skipped } }) =>
      columns(name, inWords(tookMs), passed, failed, skipped),
    ),
  ];
};

const runStage = async ({ name, withinMs, run }: Stage, interrupted: AbortSignal): Promise<Row> => {
  const startedAt = performance.now();
  const late = AbortSignal.timeout(withinMs);
  const outcome = await run(AbortSignal.any([interrupted, late]));
  if (late.aborted) {
    say(`${name} was ended: it took longer than ${inWords(withinMs)}.`);
    if (outcome.failed === 0) outcome.failed = 1;
  }
  const tookMs = performance.now() - startedAt;
  say(`${name}: ${outcome.failed === 0 ? 'passed' : 'FAILED'} after ${inWords(tookMs)}`);
  return { name, tookMs, outcome };
};

/**
 * Runs the stages one after another, those in a list side by side, each within its time. A failed stage does not stop
 * the others. At the end it prints a table of times, what failed, and as the last line how many tests passed and failed.
 * @returns the exit code
 */
export const runStages = async (stages: (Stage | Stage[])[]): Promise<number> => {
  const interrupted = interruption();
  const startedAt = performance.now();
  const rows: Row[] = [];
  for (const step of stages) {
    if (interrupted.aborted) break;
    const sideBySide = [step].flat();
    say(`\n── ${sideBySide.map(({ name }) => name).join(', and beside it: ')}`);
    rows.push(...(await Promise.all(sideBySide.map((stage) => runStage(stage, interrupted)))));
  }
  const sum = (of: 'passed' | 'failed' | 'skipped') =>
    rows.reduce((total, { outcome }) => total + outcome[of], 0);
  const total: Outcome = {
    passed: sum('passed'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    failures: rows.flatMap(({ outcome }) => outcome.failures),
  };
  const tookMs = performance.now() - startedAt;
  say(`\n${table([...rows, { name: 'All', tookMs, outcome: total }]).join('\n')}`);
  // Their own reports stand far above, behind the output of later stages.
  if (total.failures.length > 0) say(`\nFailed:\n${inLines(total.failures).join('\n')}`);
  if (interrupted.aborted) {
    say('\nInterrupted: the remaining stages did not run.');
    total.failed += 1;
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  say(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
  return total.failed === 0 ? 0 : 1;
};
