import { expect, test } from 'vitest';
import { oracleTypeNames, oracleTypes, ownFieldsOf, storedOracleSchema } from './oracle-types.ts';
import { runRequestSchema } from './run-request.ts';

test.each(oracleTypeNames)('an oracle of type %s states its type, with secrets and without', (type) => {
  const { choice, stored } = oracleTypes[type];
  expect(choice.shape.type.value).toBe(type);
  expect(stored.shape.type.value).toBe(type);
});

test('each type has its own flag, except the one that an address alone implies', () => {
  const flags = oracleTypeNames.map((type) => oracleTypes[type].flag?.name);
  expect(new Set(flags).size).toBe(oracleTypeNames.length);
  expect(oracleTypeNames.filter((type) => oracleTypes[type].flag === null)).toEqual(['http']);
});

test('a field that two types share follows one rule, because a request has it once', () => {
  const schemas = new Map<string, unknown>();
  for (const { requestName, schema } of oracleTypeNames.flatMap(ownFieldsOf)) {
    expect(schemas.get(requestName) ?? schema).toBe(schema);
    schemas.set(requestName, schema);
  }
});

const request = { repoUrl: 'owner/name', constructId: 'c' };
const everyField = {
  oracleUrl: 'https://oracle.example/ask',
  oracleTool: 'review',
  oracleModel: 'm',
  oracleModule: 'mine',
  oracleCallable: 'answer',
};

test.each([
  ['http', ['oracleUrl']],
  ['mcp', ['oracleUrl', 'oracleTool']],
  ['chat', ['oracleUrl', 'oracleModel']],
  ['python', ['oracleModule', 'oracleCallable']],
] as const)('a request of type %s needs each of %j', (oracleType, needed) => {
  const issuesOf = (fields: object) =>
    runRequestSchema
      .safeParse({ ...request, oracleType, ...fields })
      .error?.issues.map(({ path, message }) => [path.join('.'), message]);
  expect(issuesOf(everyField)).toBe(undefined);
  expect(issuesOf({})).toEqual(
    needed.map((field) => [field, `Required for an oracle of type ${oracleType}.`]),
  );
});

test('a stored oracle holds no header value and no field of another type', () => {
  const stored = {
    type: 'mcp',
    url: 'https://oracle.example/mcp',
    headers: { 'X-Key': '[REDACTED]' },
    tool: 't',
  };
  expect(storedOracleSchema.parse({ ...stored, model: 'm' })).toEqual(stored);
  expect(storedOracleSchema.safeParse({ ...stored, headers: { 'X-Key': 'planted' } }).success).toBe(false);
});

test('only the demonstration oracle has no address', () => {
  expect(storedOracleSchema.safeParse({ type: 'http', url: null, headers: {} }).success).toBe(true);
  expect(storedOracleSchema.safeParse({ type: 'mcp', url: null, headers: {}, tool: 't' }).success).toBe(
    false,
  );
});

test.each([
  ['mine', true],
  ['a.b_1.größe', true],
  ['_x', true],
  // The accent is a separate character, which Python allows (PEP 3131).
  ['cafe\u0301', true],
  ['a-b', false],
  ['a..b', false],
  ['.a', false],
  ['1a', false],
  ['a\u00b2', false],
  ['../outside', false],
  ['-c', false],
  ['', false],
])('a Python module may be named %j: %j', (module, usable) => {
  expect(oracleTypes.python.fields.module.schema.safeParse(module).success).toBe(usable);
});
