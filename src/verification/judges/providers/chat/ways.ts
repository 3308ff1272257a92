import { answerForms } from '#contracts/replay.ts';
import type { ModelFault } from '../../model/reply.ts';
import type { Way } from './completions.ts';
import { longestIn, speaksOfForm, speaksOfLength, speaksOfSystemRole } from './refusals.ts';

/** Why a request was refused: the fault, the status and the endpoint's own words. */
export type Refusal = { fault: ModelFault; status: number; said: string };

const firstWay: Way = {
  form: 'json_schema',
  lengthName: 'max_tokens',
  mostTokens: null,
  hasSystemRole: true,
};

/** Statuses by which a server refuses a parameter that it does not know. */
const refusesParameters = new Set([400, 422]);
/** Statuses with which one refuses a form that it does not support, if it says so. */
const refusesForms = new Set([400, 404, 415, 422, 500, 501]);

/** The weaker form, if there is one. */
const belowForm = (form: Way['form']) => answerForms[answerForms.indexOf(form) + 1];

/**
 * What to try after a refusal; null if the refusal is not about how the request was written.
 * @param isProven an answer came to a request written like this one.
 */
const nextWay = (way: Way, { fault, status, said }: Refusal, isProven: boolean): Way | null => {
  if (fault.kind === 'rejected' && fault.tooLarge) return null;
  const refuses = refusesParameters.has(status);
  const mostTokens = refuses ? longestIn(said) : null;
  if (mostTokens !== null && mostTokens < (way.mostTokens ?? Number.POSITIVE_INFINITY))
    return { ...way, mostTokens };
  if (way.hasSystemRole && (refuses || status === 500) && speaksOfSystemRole(said))
    return { ...way, hasSystemRole: false };
  if (refuses && speaksOfLength(said) && way.lengthName === 'max_tokens')
    return { ...way, lengthName: 'max_completion_tokens' };
  const form = belowForm(way.form);
  if (form === undefined) return null;
  // Some servers refuse a form without naming it. Once it was answered, such a refusal is about something else.
  const isAboutForm = (refusesForms.has(status) && speaksOfForm(said)) || (refuses && !isProven);
  return isAboutForm ? { ...way, form } : null;
};

/**
 * The way in which an endpoint takes requests for one model, found by asking: strict JSON schema, else JSON mode, else the
 * form in words alone; which name it has for the longest answer and what bound; and whether it knows a system role. A
 * weaker way is kept only once it was answered, because a refusal may also be about what was asked.
 */
export const createWays = () => {
  let way = firstWay;
  let isProven = false;
  return {
    first: (): Way => way,
    next: (refused: Way, refusal: Refusal): Way | null =>
      nextWay(refused, refusal, isProven && refused === way),
    answered: (answered: Way): void => {
      way = answered;
      isProven = true;
    },
  };
};
