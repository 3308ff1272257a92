import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { logEntryKinds, logEntrySchema, maxEntryBytes } from './log.ts';

type Stated = {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  anyOf?: Stated[];
  properties?: Record<string, Stated>;
  required?: string[];
  additionalProperties?: unknown;
};

const digest = '^[0-9a-f]{64}$';
/** Fields that are plain text to JSON Schema, but have a form that no words fit into. */
const fixedForms = [digest, z.toJSONSchema(z.uuid()).pattern, '^\\d{4}-'];

const isFixed = ({ type, const: literal, enum: values, pattern, anyOf }: Stated): boolean => {
  if (anyOf !== undefined) return anyOf.every(isFixed);
  if (literal !== undefined || values !== undefined) return true;
  if (type === 'string') return fixedForms.some((form) => form !== undefined && pattern?.startsWith(form));
  return type === 'integer' || type === 'number' || type === 'null' || type === 'boolean';
};

describe.each(logEntryKinds)('an entry of the kind %s', (kind) => {
  const option = logEntrySchema.options.find(({ shape }) => shape.kind.value === kind);
  if (option === undefined) throw new Error('Not an option.');
  const schema = z.toJSONSchema(option) as Stated;
  const fields = Object.entries(schema.properties ?? {});

  test('has no field for words, and no room for further fields', () => {
    expect(fields.length).toBeGreaterThan(4);
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required?.toSorted()).toEqual(fields.map(([name]) => name).toSorted());
    for (const [name, field] of fields) expect(isFixed(field), `${kind}.${name}`).toBe(true);
  });

  test('refuses words in each of its fields', () => {
    const uuid = '0b9f7f0e-30d6-4c57-8a7a-0f0f8f6f2f11';
    const sampleOf = (field: Stated): unknown => {
      const { type, const: literal, enum: values, pattern, anyOf } = field;
      if (anyOf !== undefined) return sampleOf(anyOf[0] ?? {});
      if (literal !== undefined) return literal;
      if (values !== undefined) return values[0];
      if (type !== 'string') return 1;
      if (pattern === digest) return 'ab'.repeat(32);
      return pattern?.startsWith('^\\d{4}-') ? '2026-11-30T10:00:00.000Z' : uuid;
    };
    const entry = Object.fromEntries(fields.map(([name, field]) => [name, sampleOf(field)]));
    expect(logEntrySchema.parse(entry)).toEqual(entry);
    for (const [name] of fields)
      for (const words of ['ada', 'https://example.com/owner/name', '', `${'ab'.repeat(32)} ada`, '\n'])
        expect(logEntrySchema.safeParse({ ...entry, [name]: words }).success, name).toBe(false);
    expect(logEntrySchema.safeParse({ ...entry, note: 'ada' }).success).toBe(false);
    // The longest value of each field is not much longer than these.
    expect(JSON.stringify(entry).length + fields.length * 24).toBeLessThan(maxEntryBytes);
  });
});
