import type { z } from 'zod';
import type { FieldIssue } from '#contracts/errors.ts';
import { estimateRequestSchema } from '#contracts/estimate.ts';
import {
  type OracleFieldName,
  type OracleType,
  oracleFieldNames,
  oracleTypeNames,
  oracleTypes,
  ownFieldsOf,
} from '#contracts/oracle-types.ts';
import { type RunRequest, runRequestSchema, tryRequestSchema } from '#contracts/run-request.ts';
import { readCostLimit } from '../cost-limit.ts';
import { checkedBy, type FormReading } from '../form-issues.ts';

export type HeaderRow = { name: string; value: string };
export type RunRequestInput = z.input<typeof runRequestSchema>;

/** The controls that can show an error, in the form's order. Any other error is shown above the form. */
export const fieldNames = [
  'repoUrl',
  'githubToken',
  'constructId',
  'oracleType',
  'oracleUrl',
  ...oracleFieldNames,
  'oracleHeaders',
  'judge',
  'model',
  'maxCostUsd',
  'agreementSample',
  'agreementJudge',
  'agreementModel',
  'limit',
  'minReplays',
  'baselineReplays',
  'since',
  'label',
  'modelCutoff',
  'seed',
] as const;
export type FieldName = (typeof fieldNames)[number];

const bounds = { limit: [1, 1000], minReplays: [1, 500], baselineReplays: [0, 1000] } as const;
const wholeNumber = (name: keyof typeof bounds, text: string, issues: FieldIssue[]) => {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  const [least, most] = bounds[name];
  if (value >= least && value <= most) return value;
  issues.push({
    path: name,
    message: `Give a whole number from ${least} to ${most.toLocaleString('en')}.`,
  });
  return 1;
};

/** Rows may hold what a record cannot: a value without a name, or a name twice. */
const headersOf = (rows: HeaderRow[], issues: FieldIssue[]): Record<string, string> => {
  const headers: Record<string, string> = {};
  const seen = new Set<string>();
  for (const row of rows) {
    const name = row.name.trim();
    if (name === '' && row.value === '') continue;
    if (name === '') issues.push({ path: 'oracleHeaders', message: 'One header has a value but no name.' });
    else if (seen.has(name.toLowerCase()))
      issues.push({ path: 'oracleHeaders', message: `The header ${name} is given twice.` });
    seen.add(name.toLowerCase());
    // Not `headers[name] = …`, because that would lose the name `__proto__`.
    Object.defineProperty(headers, name, { value: row.value, enumerable: true, configurable: true });
  }
  return headers;
};

/** Only the chosen type's fields: a hidden control must not cause an error. */
const oracleOf = (
  type: OracleType,
  text: (name: string) => string,
  rows: HeaderRow[],
  issues: FieldIssue[],
) => {
  const own: Partial<Record<OracleFieldName, string>> = {};
  for (const { requestName } of ownFieldsOf(type)) own[requestName] = text(requestName).trim() || undefined;
  return oracleTypes[type].address === null
    ? { ...own, oracleHeaders: {} }
    : { ...own, oracleUrl: text('oracleUrl'), oracleHeaders: headersOf(rows, issues) };
};

/** Which changes the oracle is asked about, and where they are read from. */
const repositoryOf = (text: (name: string) => string) => {
  const orNone = (name: string) => text(name).trim() || undefined;
  return {
    repoUrl: text('repoUrl'),
    githubToken: orNone('githubToken') ?? null,
    since: orNone('since'),
    label: orNone('label'),
    blinded: text('blinded') === 'on',
  };
};

const valuesOf = (
  text: (name: string) => string,
  rows: HeaderRow[],
  issues: FieldIssue[],
): z.input<typeof tryRequestSchema> => {
  const oracleType = oracleTypeNames.find((type) => type === text('oracleType')) ?? 'http';
  return {
    ...repositoryOf(text),
    oracleType,
    ...oracleOf(oracleType, text, rows, issues),
  };
};

/** How the run is judged. The paid judge's controls are sent only while they are shown. */
const judgingOf = (text: (name: string) => string, issues: FieldIssue[]) => {
  const orNone = (name: string) => text(name).trim() || undefined;
  const share = orNone('agreementSample');
  return {
    judge: orNone('judge') as RunRequest['judge'],
    model: orNone('model'),
    maxCostUsd: readCostLimit(text('maxCostUsd'), issues),
    agreementSample: share === undefined ? undefined : Number(share),
    agreementJudge: orNone('agreementJudge') as RunRequest['agreementJudge'],
    agreementModel: orNone('agreementModel'),
    economy: text('economy') === 'on',
    limit: wholeNumber('limit', text('limit').trim(), issues),
    minReplays: wholeNumber('minReplays', text('minReplays').trim(), issues),
    baselineReplays: wholeNumber('baselineReplays', text('baselineReplays').trim(), issues),
    modelCutoff: orNone('modelCutoff'),
    seed: orNone('seed'),
  };
};

/**
 * The form as a request, or what is wrong with it. It is checked with the server's schema; the server may still refuse
 * it.
 */
export const readRunForm = (
  text: (name: string) => string,
  rows: HeaderRow[],
): FormReading<RunRequestInput> => {
  const issues: FieldIssue[] = [];
  const request: RunRequestInput = {
    ...valuesOf(text, rows, issues),
    constructId: text('constructId'),
    ...judgingOf(text, issues),
  };
  return checkedBy(runRequestSchema, request, issues);
};

/** The same for trying the oracle, which needs no fields of judging. */
export const readTryForm = (
  text: (name: string) => string,
  rows: HeaderRow[],
): FormReading<z.input<typeof tryRequestSchema>> => {
  const issues: FieldIssue[] = [];
  return checkedBy(tryRequestSchema, valuesOf(text, rows, issues), issues);
};

/** The same for estimating the cost, which needs no fields of the oracle. */
export const readEstimateForm = (
  text: (name: string) => string,
): FormReading<z.input<typeof estimateRequestSchema>> => {
  const issues: FieldIssue[] = [];
  const request = { ...repositoryOf(text), ...judgingOf(text, issues) };
  return checkedBy(estimateRequestSchema, request, issues);
};

/** The first error of each control. `''` holds one that belongs to no control. */
export const issuesByField = (issues: FieldIssue[]): Partial<Record<FieldName | '', string>> => {
  const byField: Partial<Record<FieldName | '', string>> = {};
  for (const { path, message } of issues) {
    const [head = ''] = path.split('.');
    const field = fieldNames.find((name) => name === head) ?? '';
    byField[field] ??= field === '' && head !== '' ? `${head}: ${message}` : message;
  }
  return byField;
};
