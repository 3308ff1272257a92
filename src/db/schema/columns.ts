import { customType, timestamp } from 'drizzle-orm/pg-core';
import type { z } from 'zod';

export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** A jsonb column that is read by its schema. Reading throws where a row does not have that form. */
export const jsonbOf = <Schema extends z.ZodType>(name: string, schema: Schema) =>
  customType<{ data: z.infer<Schema>; driverData: unknown }>({
    dataType: () => 'jsonb',
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (value) => schema.parse(value),
  })(name);

export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  // The driver gives a Buffer, which shares its memory with others and compares differently.
  fromDriver: (value) => new Uint8Array(value),
});
