import { customType } from 'drizzle-orm/pg-core';
import type { z } from 'zod';

/**
 * A jsonb column that is read by its schema: what an earlier version stored, or another one that still runs beside this
 * one, gets the defaults of what it lacks. Throws where a row cannot be read so.
 */
export const jsonbOf = <Schema extends z.ZodType>(name: string, schema: Schema) =>
  customType<{ data: z.infer<Schema>; driverData: unknown }>({
    dataType: () => 'jsonb',
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (value) => schema.parse(value),
  })(name);
