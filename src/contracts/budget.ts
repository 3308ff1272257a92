import { AppError, retryAfterSeconds } from './errors.ts';

/** How much one party may ask in a window. `block`: how much a web process takes of it at a time. */
export type BudgetPolicy = { name: string; points: number; windowSeconds: number; block: number };

/** Which budget is spent, and when it starts over. */
export type OverBudget = { policy: BudgetPolicy; retryAfterSeconds: number };

/** `Retry-After`, and the fields of the IETF's draft on rate limits (draft-ietf-httpapi-ratelimit-headers-10). */
export const overBudgetHeaders = ({ policy, retryAfterSeconds }: OverBudget): Record<string, string> => ({
  'retry-after': String(retryAfterSeconds),
  ratelimit: `"${policy.name}";r=0;t=${retryAfterSeconds}`,
  'ratelimit-policy': `"${policy.name}";q=${policy.points};w=${policy.windowSeconds}`,
});

export const overBudgetText = ({ policy, retryAfterSeconds }: OverBudget): string =>
  `Too many requests: the budget ${policy.name} (${policy.points} in ${policy.windowSeconds} s) is spent. Try again in ${retryAfterSeconds} s.`;

/** A budget that a verb found spent. Transports answer it with the headers above. */
export class OverBudgetError extends AppError {
  readonly over: OverBudget;

  constructor(over: OverBudget) {
    super('TOO_MANY_REQUESTS', overBudgetText(over));
    this.over = over;
  }
}

/** What a limit's refusal carries where nobody can say when there is room again. */
const laterSeconds = 60;

/** When to ask again, for the errors that pass. */
export const waitHeaders = (error: unknown): Record<string, string> => {
  if (error instanceof OverBudgetError) return overBudgetHeaders(error.over);
  if (!(error instanceof AppError)) return {};
  if (error.code === 'TOO_MANY_REQUESTS') return { 'retry-after': String(laterSeconds) };
  return error.code === 'SERVICE_UNAVAILABLE' ? { 'retry-after': String(retryAfterSeconds) } : {};
};
