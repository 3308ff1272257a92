import { type AuditLabel, auditCriteria, auditKeys } from '#contracts/audit.ts';
import { toWire } from '#contracts/wire.ts';
import { type LineKind, readDiffLines } from '#verification/diff/line-kinds.ts';
import { viewAudit } from '../certificate-view.ts';
import { CommandError, type ExitCode, exitCodes } from '../exit.ts';
import { auditOfRun, finishedNow, type KeptAudit, withLabel } from '../kept-audit.ts';
import { answersFrom } from '../keys.ts';
import { type FinishedRun, openFinishedRun } from '../run-directory.ts';
import { type Paint, plain, plainJson, type Terminal } from '../terminal.ts';

type Context = { terminal: Terminal; signal: AbortSignal };

const keysText = `${auditKeys.map(({ key, name }) => `${key} ${name}`).join(' · ')} · b back · ? what they mean · q quit`;

const criteriaLines = auditKeys.map(({ label, name }) => `  ${name}: ${auditCriteria[label]}`);

const labelBy = (answer: string): AuditLabel | undefined =>
  auditKeys.find(({ key, name, label }) => [key, name, label].includes(answer))?.label;

/** A line of code, whose indentation stays. */
const codeLine = (line: string) => {
  const [indent = ''] = /^[-+ ]?[ \t]*/.exec(line) ?? [];
  return indent.replaceAll('\t', '  ') + plain(line.slice(indent.length));
};

const styles: Partial<Record<LineKind, Parameters<Paint>[0]>> = {
  added: 'green',
  removed: 'red',
  around: 'dim',
};

const paintedDiff = (diff: string, paint: Paint) =>
  readDiffLines(diff).map(({ text, kind }) => {
    const style = styles[kind];
    return style === undefined ? codeLine(text) : paint(style, codeLine(text));
  });

/** Shows a claim with its diff, and nothing that tells what the judge said or whom the claim is by. */
const showTask = (run: FinishedRun, audit: KeptAudit, place: number, terminal: Terminal) => {
  const { say, paintMessage } = terminal;
  const sampled = audit.labels[place];
  const replay = run.replays.find(({ id }) => id === sampled?.groundTruthId);
  const texts = replay?.claims.find(({ id }) => id === sampled?.claimId)?.texts;
  const change = [...run.draw.drawn, ...run.draw.reserve].find(({ id }) => id === replay?.groundTruthId);
  if (texts === undefined || change === undefined)
    throw new CommandError('The replays of this folder are not those of its audit.');
  say('');
  say(paintMessage('bold', plain(change.title)));
  for (const line of paintedDiff(change.diff, paintMessage)) say(line);
  say('');
  say(
    paintMessage(
      'bold',
      `Claim ${place + 1} of ${audit.size}${texts.length > 1 ? '. It is true only if each of these is' : ''}`,
    ),
  );
  for (const text of texts) say(paintMessage('cyan', `  ${plain(text)}`));
  const said = auditKeys.find(({ label }) => label === sampled?.label);
  if (said !== undefined) say(`  You said: ${said.name}.`);
  say(paintMessage('dim', keysText));
};

const firstOpen = (audit: KeptAudit) => audit.labels.findIndex(({ label }) => label === null);

const askToFinish =
  'Every claim has a label. y finishes the audit, and no label can be changed after that · b back · q quit';

/** Asks about the claims until the audit is finished or its owner leaves. Each label is kept as it is given. */
const ruleOn = async (
  run: FinishedRun,
  begun: KeptAudit,
  { terminal, signal }: Context,
): Promise<KeptAudit> => {
  let audit = begun;
  /** −1: every claim has a label, and the audit can be finished. */
  let place = firstOpen(audit);
  const keep = async (changed: KeptAudit) => {
    await run.keepAudit(changed);
    audit = changed;
  };
  const show = () => {
    if (place === -1) terminal.say(askToFinish);
    else showTask(run, audit, place, terminal);
  };
  // Nobody who pipes answers in is there to be asked once more.
  const isComplete = () => place === -1 && !terminal.input.isTTY;
  let isFinished = isComplete();
  const showCriteria = () => {
    for (const line of criteriaLines) terminal.say(line);
  };
  if (!isFinished) {
    if (place !== -1) showCriteria();
    show();
    for await (const answer of answersFrom(terminal.input, signal)) {
      if (answer === 'q' || answer === 'quit') break;
      const label = labelBy(answer);
      if (answer === 'b' || answer === 'back') place = place === -1 ? audit.size - 1 : Math.max(0, place - 1);
      else if (answer === '?') {
        showCriteria();
        terminal.say(place === -1 ? askToFinish : keysText);
        continue;
      } else if (place === -1 && answer === 'y') isFinished = true;
      else if (place !== -1 && label !== undefined) {
        await keep(withLabel(audit, place, label, new Date()));
        place = firstOpen(audit);
        isFinished = isComplete();
      } else {
        const told = place === -1 ? askToFinish : keysText;
        terminal.say(`${plain(JSON.stringify(answer), 40)} is no answer. ${told}`);
        continue;
      }
      if (isFinished) break;
      show();
    }
  }
  if (isFinished) await keep(finishedNow(audit, run, new Date()));
  return audit;
};

/** `label <folder>`: the owner of a run labels some of its claims, blind. */
export const labelCommand = async (
  folder: string,
  { json = false }: { json?: boolean },
  context: Context,
): Promise<ExitCode> => {
  const { terminal } = context;
  const run = await openFinishedRun(folder);
  try {
    const begun = auditOfRun(run, new Date());
    if (run.audit === null) await run.keepAudit(begun);
    const audit = begun.finishedAt === null ? await ruleOn(run, begun, context) : begun;
    if (audit.finishedAt === null) {
      const labelled = audit.labels.filter(({ label }) => label !== null).length;
      terminal.say(
        `${labelled} of ${audit.size} claims have a label. Run the same command again to continue; until it is finished the audit has no result.`,
      );
      return exitCodes.failed;
    }
    terminal.result(json ? plainJson(toWire(audit)) : viewAudit(audit, terminal.paint, terminal.columns));
    terminal.say(
      begun.finishedAt === null
        ? plain(`Kept: ${run.path}/audit.json. Publish it beside the certificate.`)
        : 'This audit was finished before. A certificate has one audit.',
    );
    return exitCodes.done;
  } finally {
    run.close();
  }
};
