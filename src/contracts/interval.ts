import { z } from 'zod';

/** A share, or a measure on the same scale. */
export const unitSchema = z.number().min(0).max(1);

export const intervalSchema = z.object({ lower: z.number(), upper: z.number() });
export type Interval = z.infer<typeof intervalSchema>;
