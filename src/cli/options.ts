import { InvalidArgumentError, Option } from 'commander';
import { type ExamHalf, type ExamScript, examHalves, examScriptNames } from '#contracts/exam.ts';
import { type JudgeProvider, judgeProviders, modelJudges } from '#contracts/judge-providers.ts';
import { defaultBaselineReplays, runRequestSchema } from '#contracts/run-request.ts';
import type { JudgeChoice, NamedJudge } from './judge.ts';
import { type OracleOptions, oracleOptions } from './oracle-choice.ts';

type Check = {
  safeParse: (
    value: unknown,
  ) => { success: true; data: unknown } | { success: false; error: { issues: { message: string }[] } };
};

/** Checks a value by the rule of the wire contract's field of the same name. */
const held = (schema: Check, value: unknown) => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'Not allowed.');
};
const checked = (schema: Check) => (text: string) => held(schema, text);
/** An empty text becomes NaN, which every rule refuses; `Number` would make it 0. */
const checkedNumber = (schema: Check) => (text: string) =>
  held(schema, text.trim() === '' ? Number.NaN : Number(text));

const wholeNumber = (least: number, most: number) => (text: string) => {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new InvalidArgumentError(`Must be a whole number from ${least} to ${most}.`);
};

const { constructId, since, label, seed, maxCostUsd, agreementSample } = runRequestSchema.shape;

const day = (text: string) => {
  if (since.safeParse(text).success) return text;
  throw new InvalidArgumentError('Must be a day, for example 2026-01-31.');
};

export const drawOptions = () => [
  new Option('--limit <n>', 'how many merged changes to use (1 to 1000)')
    .argParser(wholeNumber(1, 1000))
    .default(100),
  new Option('--since <date>', 'only changes merged on or after this day, for example 2026-01-31').argParser(
    day,
  ),
  new Option('--label <name>', 'only pull requests with this label (GitHub, or a file)').argParser(
    checked(label),
  ),
  new Option(
    '--seed <n>',
    'decides the draw: the same seed draws the same changes (default: random)',
  ).argParser(checked(seed)),
];

export type DrawOptions = { limit: number; since?: string; label?: string; seed?: string };

const namedJudge = (text: string): NamedJudge => {
  const [name = '', ...model] = text.split(':');
  const provider = modelJudges.map((each) => each.provider).find((each) => each === name);
  if (provider === undefined)
    throw new InvalidArgumentError(
      `Must begin with one of ${modelJudges.map((each) => each.provider).join(', ')}: a judge without a model always gives the same verdict.`,
    );
  // A model's own name may have a colon.
  const named = model.join(':').trim();
  return named === '' ? { provider } : { provider, model: named };
};

const judgeAddress = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new InvalidArgumentError(
      'Must be an http or https URL without user info, for example http://localhost:11434/v1.',
    );
  return text;
};

export const jsonOption = () =>
  new Option('--json', 'one JSON document on standard output; messages go to standard error');

/** Which installation, and who asks. */
export const installationOptions = () => [
  new Option('--url <url>', 'the installation’s address (default: NEXTAUTH_URL, else HOST and PORT)'),
  new Option(
    '--token-file <path>',
    'a file that holds a personal token and nothing else; "-" reads it from standard input',
  ),
  new Option(
    '--token <token>',
    'the token itself, which other users of this machine can then read; prefer --token-file',
  ).conflicts('tokenFile'),
];

const blindOption = () =>
  new Option(
    '--blind',
    'withhold repository, number, author, hashes and links from the oracle; ids are random',
  );

const narrowingOptions = () => drawOptions().filter(({ long }) => long === '--since' || long === '--label');

export const tryOptions = () => [...oracleOptions(), ...narrowingOptions(), blindOption(), jsonOption()];

const judgeOptions = () => [
  new Option(
    '--judge <judge>',
    `the judge (default: ${modelJudges.flatMap(({ provider, variables, isDefault }) => (isDefault ? [`${provider} where ${variables.key} is set`] : [])).join(', ')}, else offline)`,
  ).choices(judgeProviders),
  new Option(
    '--judge-url <url>',
    `the address of the judge’s API (default: ${modelJudges.map(({ variables }) => variables.url).join(', ')})`,
  ).argParser(judgeAddress),
  new Option(
    '--model <name>',
    `the model of ${modelJudges.map(({ provider, variables }) => `the ${provider} judge (default: ${variables.model})`).join(', ')}`,
  ),
];

export const verifyOptions = () => [
  ...oracleOptions(),
  new Option('--construct-id <id>', 'the name on the certificate (default: the oracle’s host)').argParser(
    checked(constructId),
  ),
  ...judgeOptions(),
  new Option(
    '--agreement-sample <share>',
    'judge this share of the replays (0 to 1) again, and publish how far the verdicts agree',
  ).argParser(checkedNumber(agreementSample)),
  new Option(
    '--agreement-judge <provider[:model]>',
    'the judge that judges them again, for example one of another vendor (default: another provider that is configured, else the same judge)',
  ).argParser(namedJudge),
  new Option('--agreement-model <name>', 'the model that judges them again, of the run’s own judge'),
  new Option(
    '--max-cost <usd>',
    'stop before the judge’s calls cost more than this; with --out what is done is kept',
  ).argParser(checkedNumber(maxCostUsd)),
  ...drawOptions(),
  blindOption(),
  new Option('--min-replays <n>', 'below this many scored replays the certificate is provisional (1 to 500)')
    .argParser(wholeNumber(1, 500))
    .default(50),
  new Option(
    '--baseline-replays <n>',
    'judge title and description alone on this many of the changes (0 to 1000)',
  )
    .argParser(wholeNumber(0, 1000))
    .default(defaultBaselineReplays),
  new Option(
    '--model-cutoff <date>',
    'the day up to which the oracle’s model may have read the repository: scores before and after it are shown apart',
  ).argParser(day),
  new Option('--concurrency <n>', 'how many replays run at once (1 to 64)')
    .argParser(wholeNumber(1, 64))
    .default(4),
  new Option(
    '--out <dir>',
    'keep certificate, evidence and checkpoints in this folder; the same command resumes the run (replays/ holds the answer keys: keep it private)',
  ),
  new Option('--dry-run', 'draw the changes and estimate the cost; call no oracle and no judge'),
  jsonOption(),
];

export type VerifyOptions = DrawOptions &
  OracleOptions & {
    constructId?: string;
    judge?: JudgeProvider;
    judgeUrl?: string;
    model?: string;
    agreementSample?: number;
    agreementJudge?: NamedJudge;
    agreementModel?: string;
    maxCost?: number;
    minReplays: number;
    baselineReplays: number;
    modelCutoff?: string;
    concurrency: number;
    out?: string;
    blind?: boolean;
    dryRun?: boolean;
    json?: boolean;
  };

export const examOptions = () => [
  ...judgeOptions(),
  new Option(
    '--half <half>',
    'development, or publication: askings of that half are counted with the prompts, and shown',
  )
    .choices(examHalves)
    .default('development' satisfies ExamHalf),
  new Option(
    '--script <script>',
    'show what a script that knows the answers would score, for comparison; no judge is asked',
  )
    .choices(examScriptNames)
    .conflicts(['judge', 'judgeUrl', 'model', 'maxCost', 'dryRun', 'out']),
  new Option(
    '--max-cost <usd>',
    'stop before the judge’s calls cost more than this; nothing is kept then',
  ).argParser(checkedNumber(maxCostUsd)),
  new Option('--out <file.json>', 'write the result to this file too'),
  new Option('--dry-run', 'estimate the cost; do not call the judge'),
  jsonOption(),
];

export type ExamOptions = JudgeChoice & {
  half: ExamHalf;
  script?: ExamScript;
  out?: string;
  dryRun?: boolean;
  json?: boolean;
};

export type TryOptions = OracleOptions &
  Pick<DrawOptions, 'since' | 'label'> & { blind?: boolean; json?: boolean };
