import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import writeFileAtomic from 'write-file-atomic';
import type { ExamHalf, ExamResult, ExamScript } from '#contracts/exam.ts';
import { toWire } from '#contracts/wire.ts';
import { beginExam, endExam } from '#services/judge/index.ts';
import { scriptedExam } from '#verification/exam/scripts.ts';
import { ExamBrokenOff, estimateExam, sitExam } from '#verification/exam/sit.ts';
import { maxAsks } from '#verification/judging/ask.ts';
import { boundedJudge } from '../bounded-judge.ts';
import { hasInstallation, withMigrated } from '../connection.ts';
import { costOrUnknown, viewExam, viewScript } from '../exam-view.ts';
import { CommandError, type ExitCode, exitCodes, RunStopped, UsageError } from '../exit.ts';
import { type Judges, judgesFor } from '../judge.ts';
import { emptyLedger, ledgerAccount } from '../ledger.ts';
import type { ExamOptions } from '../options.ts';
import type { Settings } from '../settings.ts';
import { plain, plainJson, type Terminal } from '../terminal.ts';

type Context = { settings: Settings; terminal: Terminal; signal: AbortSignal };

/** As many as a run has replays at once. */
const changesAtOnce = 4;

const dryRun = (
  { judge, prices }: Judges,
  half: ExamHalf,
  json: boolean,
  { terminal }: Context,
): ExitCode => {
  const { calls, likelyUsd, mostUsd } = estimateExam(judge, half);
  const isKnown =
    prices.costUsd(judge.model, {
      inputTokens: 0,
      cacheWriteTokens: 0,
      cacheReadTokens: 0,
      outputTokens: 0,
    }) !== null || mostUsd === 0;
  const cost = { likely: isKnown ? likelyUsd : null, most: isKnown ? mostUsd : null };
  if (json)
    terminal.result(
      plainJson({
        dry_run: true,
        half,
        judge: judge.provider,
        model: judge.model,
        judge_calls: calls,
        likely_cost_usd: cost.likely,
        most_cost_usd: cost.most,
      }),
    );
  else
    terminal.result(
      [
        terminal.paint('bold', 'Dry run: the judge was not called.'),
        plain(`  Exam, ${half} half: ${judge.provider}, ${judge.model}`),
        calls === 0
          ? '  0 calls, 0 USD: this judge follows a rule.'
          : `  ${calls} calls if none is repeated: likely ${costOrUnknown(cost.likely)}, at most ${costOrUnknown(cost.most)}; a question without a usable answer is asked up to ${maxAsks} times`,
      ].join('\n'),
    );
  return exitCodes.done;
};

const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await delay(ms, undefined, signal && { signal });
};

/** An exam keeps no verdict of its own, unlike a run. */
const startsOver = 'Nothing is kept of its verdicts, so the next exam starts over.';

const sit = async (
  { judge, isUrlGiven }: Judges,
  { half, maxCost }: ExamOptions,
  { terminal, signal }: Context,
): Promise<ExamResult> => {
  const bounded = boundedJudge(judge, {
    account: ledgerAccount(maxCost ?? null, { ledger: emptyLedger, keepLedger: async () => {} }),
    modelOption: '--model',
    isUrlGiven,
    onWait: (message) => terminal.say(plain(message)),
    sleep,
    now: Date.now,
  });
  return sitExam(bounded, half, {
    atOnce: changesAtOnce,
    signal,
    onSheet: (done, of) => {
      if (done % 5 === 0 || done === of) terminal.say(`Asked about ${done} of ${of} changes.`);
    },
    onGivenUp: (why) =>
      terminal.say(
        plain(
          `Broken off: ${why}. What it had answered before is the result; the rest counts as unanswered.`,
        ),
      ),
  }).catch((error: unknown) => {
    if (error instanceof RunStopped) throw new CommandError(`${error.reason} ${startsOver}`);
    if (!(error instanceof ExamBrokenOff)) throw error;
    throw new CommandError(`The exam has no result: ${error.message}. ${startsOver}`);
  });
};

/** A result that was paid for must not be lost for want of a folder. */
const requireFolder = (folder: string) =>
  access(folder, constants.W_OK).catch(() => {
    throw new UsageError(`--out: the folder ${folder} is missing or cannot be written. Make it first.`);
  });

const defaultFile = (now: Date) => `judge-exam-${now.toISOString().replaceAll(/[:.]/g, '-')}.json`;

/** Nothing is kept: it is the same wherever it is computed. */
const showScript = (
  script: ExamScript,
  { half, json = false }: ExamOptions,
  terminal: Terminal,
): ExitCode => {
  const result = scriptedExam(script, half);
  terminal.result(json ? plainJson(toWire(result)) : viewScript(result, terminal.paint));
  return exitCodes.done;
};

/** `judge exam`: asks a judge about one half of the exam and keeps the result in the installation, or else in a file. */
export const judgeExamCommand = async (options: ExamOptions, context: Context): Promise<ExitCode> => {
  const { half, script, json = false } = options;
  const { settings, terminal } = context;
  if (script !== undefined) return showScript(script, options, terminal);
  const judges = await judgesFor(options, settings);
  const { judge } = judges;
  if (options.dryRun && options.out !== undefined)
    throw new UsageError('A dry run has no result to write: leave out --out or --dry-run.');
  if (options.dryRun) return dryRun(judges, half, json, context);

  if (options.out !== undefined) await requireFolder(dirname(options.out));

  const wireOf = (result: ExamResult, askings: number | null) => toWire({ ...result, askings });
  const show = (result: ExamResult, askings: number | null) => {
    terminal.result(json ? plainJson(wireOf(result, askings)) : viewExam(result, terminal.paint));
    if (result.claims.unanswered > 0)
      terminal.say(
        `${result.claims.unanswered} claims got no usable verdict. They are in no rate, so read the rates with care.`,
      );
  };
  const write = async (result: ExamResult, askings: number | null, file: string) => {
    await writeFileAtomic(file, `${JSON.stringify(wireOf(result, askings), null, 2)}\n`);
    terminal.say(plain(`Written to ${file}.`));
  };

  if (!(await hasInstallation(settings))) {
    terminal.say(
      `The data directory ${settings.dataDir} holds no installation, so this asking is counted nowhere. DATA_DIR or DATABASE_URL names one.`,
    );
    const result = await sit(judges, options, context);
    show(result, null);
    await write(result, null, options.out ?? defaultFile(new Date()));
    return exitCodes.done;
  }
  return withMigrated(settings, async (db) => {
    const { id, askings } = await beginExam({ db }, judge, half);
    const result = await sit(judges, options, context);
    // Shown first: it was paid for, and the database may be away by now.
    show(result, askings);
    await endExam({ db }, id, result);
    terminal.say(
      `Kept for /judges. The ${half} half was asked ${askings} ${askings === 1 ? 'time' : 'times'} with these prompts.`,
    );
    if (options.out !== undefined) await write(result, askings, options.out);
    return exitCodes.done;
  });
};
