import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { apiTokenRequestSchema } from '#contracts/account.ts';
import { certificateListInputSchema } from '#contracts/certificate.ts';
import { disputeRequestSchema, revocationRequestSchema } from '#contracts/certificate-standing.ts';
import { attemptListInputSchema } from '#contracts/construct.ts';
import { certificateFileEndings } from '#contracts/public-files.ts';
import { runListInputSchema } from '#contracts/run.ts';
import { continueRequestSchema, runRequestSchema } from '#contracts/run-request.ts';
import { wireName } from '#contracts/wire.ts';

/** `.github/API.md` describes every endpoint, and of every field what the schemas say. */

const source = join(import.meta.dirname, '..');
const document = readFileSync(join(source, '../.github/API.md'), 'utf8');

/** The rows of the table below a heading: the first column's code, and the others as they are. */
const rowsBelow = (heading: string): [string, string, string][] => {
  const [, section = ''] = document.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^\| `([^`]+)` \| (.*) \| (.*) \|$/gm)].map(
    ([, name = '', rule = '', last = '']) => [name, rule, last],
  );
};

type Stated = {
  enum?: string[];
  items?: Stated;
  anyOf?: Stated[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  default?: unknown;
};

/** What a rule has to name. Zod gives an integer without bounds those of the safe integers. */
const namedBy = ({ enum: values, items, anyOf, minimum, maximum, maxLength }: Stated): string[] => [
  ...(values ?? []).map((value) => `\`${value}\``),
  ...[minimum, maximum, maxLength].flatMap((bound) =>
    bound === undefined || Math.abs(bound) === Number.MAX_SAFE_INTEGER ? [] : [String(bound)],
  ),
  ...(items === undefined ? [] : namedBy(items)),
  ...(anyOf ?? []).flatMap(namedBy),
];

const continuation = continueRequestSchema.omit({ id: true });

test.each<[string, z.ZodObject]>([
  ['Fields of `POST /runs`', runRequestSchema],
  ['Fields of `POST /runs/{run_id}/resume` and `/retry`', continuation],
  ['Parameters of `GET /constructs/{name}`', attemptListInputSchema.omit({ name: true })],
  ['Fields of `POST /certificates/{id}/revoke`', revocationRequestSchema.omit({ id: true })],
  ['Fields of `POST /certificates/{id}/dispute`', disputeRequestSchema.omit({ id: true })],
  ['Fields of `POST /tokens`', apiTokenRequestSchema],
  ['Parameters of `GET /runs`', runListInputSchema],
  ['Parameters of `GET /certificates`', certificateListInputSchema],
])('%s are all described, with their bounds, values and defaults', (heading, schema) => {
  const rows = rowsBelow(heading);
  expect(rows.map(([name]) => name)).toEqual(
    expect.arrayContaining(Object.keys(schema.shape).map((field) => wireName(field))),
  );
  expect(rows).toHaveLength(Object.keys(schema.shape).length);
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  }) as { properties?: Record<string, Stated>; required?: string[] };
  expect(Object.keys(properties)).toEqual(Object.keys(schema.shape));
  for (const [field, stated] of Object.entries(properties)) {
    const [, rule = '', byDefault = ''] = rows.find(([name]) => name === wireName(field)) ?? [];
    for (const named of namedBy(stated)) expect(rule, field).toContain(named);
    if (required.includes(field)) expect(byDefault, field).toBe('required');
    else if (stated.default !== undefined) {
      const shown = typeof stated.default === 'string' ? stated.default : JSON.stringify(stated.default);
      expect(byDefault, field).toBe(`\`${shown}\``);
    } else expect(byDefault, field).not.toBe('required');
  }
});

test('every endpoint is described', () => {
  const servedBelow = (folder: string, prefix: string) =>
    globSync('**/route.ts', { cwd: join(source, folder) }).flatMap((file) =>
      [...readFileSync(join(source, folder, file), 'utf8').matchAll(/^export const ([A-Z]+) =/gm)].map(
        ([, method]) =>
          `${method} ${prefix}/${file.replace('/route.ts', '').replaceAll(/\[(?:\.{3})?(\w+)\]/g, '{$1}')}`,
      ),
    );
  const described = (heading: string) => rowsBelow(heading).map(([call]) => call);
  expect(described('Endpoints').toSorted()).toEqual(servedBelow('app/api/v1/verification', '').toSorted());
  expect(described('The transparency log').toSorted()).toEqual(servedBelow('app/log', '/log').toSorted());
  expect(described("A certificate's files").toSorted()).toEqual(
    [
      ...certificateFileEndings.map((ending) => `GET /certificates/{id}.${ending}`),
      ...['evidence.jsonl', 'evidence/{place}', 'openings.jsonl'].map(
        (name) => `GET /certificates/{id}/${name}`,
      ),
      ...servedBelow('app/.well-known', '/.well-known'),
    ].toSorted(),
  );
});
