import type { z } from 'zod';
import { costText } from '#components/format.ts';
import type { FieldIssue } from '#contracts/errors.ts';
import type { Continuation, Run } from '#contracts/run.ts';
import { continueRequestSchema } from '#contracts/run-request.ts';
import { readCostLimit } from '../cost-limit.ts';
import { checkedBy, type FormReading } from '../form-issues.ts';

/** Named by its position, because a header's name may not be valid for a control. */
export const headerControl = (place: number) => `header-${place}`;

/** The controls that can show an error, in the form's order. */
export const controlsOf = ({ oracleHeaderNames }: Pick<Run, 'oracleHeaderNames'>): string[] => [
  ...oracleHeaderNames.map((_, place) => headerControl(place)),
  'oracleUrl',
  'githubToken',
  'maxCostUsd',
];

const headerPath = 'oracleHeaders';

/** Reads the form as a request to resume or retry a run, or as what is wrong with it. */
export const readContinueForm = (
  text: (control: string) => string,
  how: Continuation,
  { runId, oracleHeaderNames, costUsd }: Pick<Run, 'runId' | 'oracleHeaderNames' | 'costUsd'>,
): FormReading<z.input<typeof continueRequestSchema>> => {
  const issues: FieldIssue[] = [];
  const values = oracleHeaderNames.map((name, place) => [name, text(headerControl(place))] as const);
  for (const [name, value] of values)
    if (value === '') issues.push({ path: `${headerPath}.${name}`, message: 'Give its value again.' });
  const maxCostUsd = readCostLimit(text('maxCostUsd'), issues);
  // A new attempt starts at zero cost. A resumed one needs a limit above what it has spent.
  if (how === 'resume' && maxCostUsd !== undefined && maxCostUsd <= costUsd)
    issues.push({
      path: 'maxCostUsd',
      message: `This attempt has cost ${costText(costUsd)} already. Give a limit above that.`,
    });
  return checkedBy(
    continueRequestSchema,
    {
      id: runId,
      oracleUrl: text('oracleUrl').trim() || undefined,
      oracleHeaders: Object.fromEntries(values),
      githubToken: text('githubToken').trim() || null,
      maxCostUsd,
    },
    issues,
  );
};

/** The first error of each control. `''` holds one that belongs to no control. */
export const issuesByControl = (
  issues: FieldIssue[],
  run: Pick<Run, 'oracleHeaderNames'>,
): Partial<Record<string, string>> => {
  const controls = new Map(controlsOf(run).map((control) => [control, control]));
  for (const [place, name] of run.oracleHeaderNames.entries())
    controls.set(`${headerPath}.${name}`, headerControl(place));
  // An error about all headers is shown at the first one.
  if (run.oracleHeaderNames.length > 0) controls.set(headerPath, headerControl(0));
  const byControl: Partial<Record<string, string>> = {};
  for (const { path, message } of issues) byControl[controls.get(path) ?? ''] ??= message;
  return byControl;
};
