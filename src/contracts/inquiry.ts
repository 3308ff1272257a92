import { z } from 'zod';
import { type ErrorCode, errorCodes } from './errors.ts';
import { judgingEstimateSchema } from './estimate.ts';
import { oracleTrialSchema } from './run.ts';
import { storableTextSchema } from './text.ts';

/** What a form asks of a worker while a person waits: to try an oracle once, or to estimate what a run would cost. */
export const inquiryKinds = ['trial', 'estimate'] as const;
export type InquiryKind = (typeof inquiryKinds)[number];

export const inquiryAnswers = { trial: oracleTrialSchema, estimate: judgingEstimateSchema } as const;
export type InquiryAnswer<Kind extends InquiryKind> = z.infer<(typeof inquiryAnswers)[Kind]>;

/** Why an inquiry has no answer, as the error that its caller gets. */
export const inquiryRefusalSchema = z.object({
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  message: storableTextSchema,
  fields: z.array(z.object({ path: storableTextSchema, message: storableTextSchema })),
});

/**
 * A form waits this long for an inquiry: longer than a worker works on one, so that the worker's own words arrive. After
 * that the inquiry is forgotten.
 */
export const inquiryLifetimeMs = 110_000;
