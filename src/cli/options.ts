import { InvalidArgumentError, Option } from 'commander';
import { oracleHeadersSchema, oracleUrlSchema, runRequestSchema } from '#contracts/run.ts';
import { UsageError } from './exit.ts';

type Check = {
  safeParse: (
    value: unknown,
  ) => { success: true; data: unknown } | { success: false; error: { issues: { message: string }[] } };
};

/** Held against the rule of the wire contract's field of the same name. */
const checked = (schema: Check) => (text: string) => {
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'Not allowed.');
};

const wholeNumber = (least: number, most: number) => (text: string) => {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new InvalidArgumentError(`Must be a whole number from ${least} to ${most}.`);
};

const { constructId, since, label, seed } = runRequestSchema.shape;

export const drawOptions = () => [
  new Option('--limit <n>', 'how many merged changes to use (1 to 1000)')
    .argParser(wholeNumber(1, 1000))
    .default(100),
  new Option('--since <date>', 'only changes merged on or after this day, for example 2026-01-31').argParser(
    checked(since),
  ),
  new Option('--label <name>', 'only pull requests with this label (GitHub, or a file)').argParser(
    checked(label),
  ),
  new Option(
    '--seed <n>',
    'what decides the draw; the same seed draws the same changes (default: random)',
  ).argParser(checked(seed)),
];

export type DrawOptions = { limit: number; since?: string; label?: string; seed?: string };

export const jsonOption = () =>
  new Option('--json', 'one JSON document on standard output; messages go to standard error');

export const verifyOptions = () => [
  new Option('--oracle-url <url>', 'where the oracle answers (HTTP POST)'),
  new Option('--oracle-header <header>', 'a header for the oracle, as "Name: value"; may be repeated')
    .argParser((header: string, before: string[]) => [...before, header])
    .default([], 'none'),
  new Option('--oracle-python <module:callable>', 'an oracle in a Python module'),
  new Option('--construct-id <id>', 'the name on the certificate (default: the oracle’s host)').argParser(
    checked(constructId),
  ),
  new Option(
    '--judge <judge>',
    'who judges (default: anthropic where ANTHROPIC_API_KEY is set, else offline)',
  ).choices(['anthropic', 'offline']),
  new Option('--model <name>', 'the model of the anthropic judge (default: SCORING_MODEL)'),
  ...drawOptions(),
  new Option(
    '--blind',
    'withhold repository, number, author, hashes and links from the oracle; ids are random',
  ),
  new Option('--min-replays <n>', 'below this many scored replays the certificate is provisional (1 to 500)')
    .argParser(wholeNumber(1, 500))
    .default(50),
  new Option('--concurrency <n>', 'replays side by side (1 to 64)').argParser(wholeNumber(1, 64)).default(4),
  new Option('--out <dir>', 'keep certificate, evidence and checkpoints there; the same call again resumes'),
  new Option('--dry-run', 'draw the changes and estimate the cost; call no oracle and no judge'),
  jsonOption(),
];

export type VerifyOptions = DrawOptions & {
  oracleUrl?: string;
  oracleHeader: string[];
  oraclePython?: string;
  constructId?: string;
  judge?: 'anthropic' | 'offline';
  model?: string;
  minReplays: number;
  concurrency: number;
  out?: string;
  blind?: boolean;
  dryRun?: boolean;
  json?: boolean;
};

/** Never says a header's value: it is a secret, and this message may end in a log. */
const headersOf = (lines: string[]): Record<string, string> => {
  const headers = Object.fromEntries(
    lines.map((line, index) => {
      const colon = line.indexOf(':');
      if (colon < 1)
        throw new UsageError(`The ${index + 1}. --oracle-header must be "Name: value", with a colon.`);
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
  const parsed = oracleHeadersSchema.safeParse(headers);
  if (parsed.success) return parsed.data;
  throw new UsageError(`--oracle-header: ${parsed.error.issues[0]?.message ?? 'not a valid header.'}`);
};

/** @throws UsageError where none was named, two were, or its address is not one. */
export const oracleAddressOf = (options: VerifyOptions) => {
  if (options.oraclePython !== undefined)
    throw new UsageError(
      '--oracle-python is not available yet. Serve the oracle over HTTP and name it with --oracle-url.',
    );
  if (options.oracleUrl === undefined)
    throw new UsageError('Name the oracle: --oracle-url http://127.0.0.1:8000/verify, for example.');
  const url = oracleUrlSchema.safeParse(options.oracleUrl);
  if (!url.success)
    throw new UsageError(`--oracle-url: ${url.error.issues[0]?.message ?? 'not a usable URL.'}`);
  return { url: url.data, headers: headersOf(options.oracleHeader) };
};
