import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { apiTokenNameSchema } from './account.ts';
import { runRequestSchema } from './run-request.ts';
import {
  cutText,
  lineSchema,
  linesSchema,
  soughtNameSchema,
  storableText,
  storableTextSchema,
} from './text.ts';

test('storable text holds neither NUL nor half a character', () => {
  expect(storableText('a\0b\ud800c\udc00')).toBe('a\ufffdb\ufffdc\ufffd');
  expect(storableText('ünï 😀 \n')).toBe('ünï 😀 \n');
});

test('the schema makes text storable before it measures it', () => {
  expect(storableTextSchema.min(1).max(2).parse('\0\ud800')).toBe('\ufffd\ufffd');
});

test('cutting never splits a character, and the ending counts towards the length', () => {
  expect(cutText('ab😀cd', 3)).toBe('ab');
  expect(cutText('ab😀cd', 4)).toBe('ab😀');
  expect(cutText('abc', 3)).toBe('abc');
  expect(cutText('abc', 0)).toBe('');
  expect(cutText('abcdef', 4, '…')).toBe('abc…');
  expect(cutText('ab😀cd', 4, '…')).toBe('ab…');
  expect(cutText('abcd', 4, '…')).toBe('abcd');
});

const unprintable = [
  '\0',
  '\u001b[2J',
  'a\nb',
  '\u0085',
  '\ud800',
  '\udc00',
  '\u202e',
  'a\u2066',
  '\u200b',
  '\u2028',
  '\u2029',
];

test.each(unprintable)('%j is in no line, and no row has such a name', (text) => {
  expect(lineSchema.safeParse(`a${text}b`).success).toBe(false);
  expect(soughtNameSchema.parse(`a${text}b`)).toBeNull();
  for (const schema of [apiTokenNameSchema, runRequestSchema.shape.label])
    expect(schema.safeParse(`a${text}b`).success).toBe(false);
});

test('a line in any language is taken as it is, without the blanks around it', () => {
  for (const text of ['my-oracle', 'Ünï – “quoted”', '検証 オラクル', 'مدقق', '😀👍🏽'])
    expect(lineSchema.parse(` ${text}\t`)).toBe(text);
  // No stored name has blanks around it.
  expect(soughtNameSchema.parse(' my-oracle')).toBeNull();
  expect(soughtNameSchema.parse('my-oracle')).toBe('my-oracle');
});

test('lines may break and be indented, and hold no other control character', () => {
  expect(linesSchema.parse('a\r\n\tb\n')).toBe('a\r\n\tb\n');
  for (const text of ['\0', '\u001b[2J', '\u007f', '\u009b', '\ud800'])
    expect(linesSchema.safeParse(text).success).toBe(false);
});

/** Every string that a schema holds, by its path. */
const stringsIn = (schema: unknown, path: string, seen: Set<unknown>): [string, z.ZodType][] => {
  if (!(schema instanceof z.ZodType) || seen.has(schema)) return [];
  seen.add(schema);
  // What a transformation is given does not matter, only what comes out.
  if (schema instanceof z.ZodString || schema instanceof z.ZodPipe) return [[path, schema]];
  const { def } = schema as unknown as { def: Record<string, unknown> };
  const inner = (value: unknown, at: string): [string, z.ZodType][] => {
    if (Array.isArray(value)) return value.flatMap((item, place) => inner(item, `${at}.${place}`));
    if (value instanceof z.ZodType) return stringsIn(value, at, seen);
    return [];
  };
  const { shape } = schema as { shape?: Record<string, unknown> };
  return [
    ...Object.entries(shape ?? {}).flatMap(([name, field]) => inner(field, `${path}.${name}`)),
    ...Object.entries(def).flatMap(([name, value]) => (name === 'shape' ? [] : inner(value, path))),
  ];
};

test('no string of a contract lets through what Postgres cannot store', async () => {
  const files = globSync('*.ts', { cwd: import.meta.dirname }).filter((file) => !file.endsWith('.test.ts'));
  const found: [string, z.ZodType][] = [];
  for (const file of files) {
    const exported: Record<string, unknown> = await import(join(import.meta.dirname, file));
    for (const [name, schema] of Object.entries(exported)) found.push(...stringsIn(schema, name, new Set()));
  }
  expect(found.length).toBeGreaterThan(50);
  const leaking = found.filter(([, schema]) =>
    ['\0', 'a\0b', '\ud800', 'a\udc00b'].some((text) => {
      const { data } = schema.safeParse(text);
      return typeof data === 'string' && storableText(data) !== data;
    }),
  );
  expect(leaking.map(([path]) => path)).toEqual([]);
});

test('contracts and doors build every string from the schemas of this file', () => {
  const source = join(import.meta.dirname, '..');
  const bare = ['contracts', 'trpc', 'rest', 'auth', 'services', 'app'].flatMap((layer) =>
    globSync('**/*.{ts,tsx}', { cwd: join(source, layer) })
      .filter((file) => !/\.test\.tsx?$/.test(file) && join(layer, file) !== 'contracts/text.ts')
      .filter((file) => /\bz\s*\.string\(/.test(readFileSync(join(source, layer, file), 'utf8')))
      .map((file) => join(layer, file)),
  );
  expect(bare).toEqual([]);
});
