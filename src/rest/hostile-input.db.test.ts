import { globSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import { certificateListInputSchema } from '#contracts/certificate.ts';
import { attemptListInputSchema } from '#contracts/construct.ts';
import { runListInputSchema } from '#contracts/run.ts';
import { continueRequestSchema, runRequestSchema } from '#contracts/run-request.ts';
import { wireName } from '#contracts/wire.ts';
import { inquiries } from '#db/schema/inquiries.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { JobSender } from '#queue/sender.ts';
import { openSession } from '#services/account/index.ts';
import { accountOf } from '#testing/rigs/open-to-all.ts';
import { bearer, openRestRig, runBody } from '#testing/rigs/rest-rig.ts';
import { handleTrpc } from '#trpc/handler.ts';
import { appRouter } from '#trpc/root.ts';

/** Every door is tried with input that no honest client sends. The doors are found in the router and the route files. */

let rest: Awaited<ReturnType<typeof openRestRig>>;
beforeEach(() => {
  // The routes take it from here.
  vi.stubGlobal('echelonComposition', {
    ...rest.context,
    ready: async () => ({ ready: true, checks: {} }),
    metrics: { scrape: async () => ({ contentType: 'text/plain', text: '' }), token: null },
  });
});
const refusal = { code: 'TOO_MANY_REQUESTS' as const, message: 'Not now.', fields: [] };
/** Stands for the queue and a worker that refuses at once what forms ask. */
const refusingSender = (sender: JobSender): JobSender => ({
  enqueue: async (transaction, jobs) => {
    if (jobs.some(({ name }) => name === 'answer-inquiry'))
      await transaction.update(inquiries).set({ refusal });
    else await sender.enqueue(transaction, jobs);
  },
});
/** A session's bearer secret: it may do what a token may, and make tokens. */
let session: string;
beforeAll(async () => {
  rest = await openRestRig();
  const { rig } = rest;
  const identity = await accountOf(rig.context, { provider: 'github', subject: '1' });
  session = (await openSession(rig.context, identity, 'bearer')).secret;
  rest.context.services.sender = refusingSender(rig.context.sender);
});
afterAll(() => rest.rig.close());

const texts = {
  NUL: '\0',
  'NUL inside': 'a\0b',
  'a lone surrogate': '\ud800',
  'half a character': 'a\udc00b',
  'an escape sequence': '\u001b[2J',
  'a bidirectional override': '\u202egnp.exe',
  'an isolate': 'a\u2066b',
  'a line separator': 'a\u2028b',
  '300,000 characters': 'x'.repeat(300_000),
};

/** Values as JSON. A number may be one that no double holds, and nesting one that recursion would not survive. */
const values: Record<string, string> = {
  ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, JSON.stringify(text)])),
  'a text as a key': JSON.stringify({ [texts['NUL inside']]: 'x', '\u202e': 'x' }),
  'a text as a member': JSON.stringify({ 'X-Key': texts['an escape sequence'], 'X-Other': texts.NUL }),
  null: 'null',
  true: 'true',
  'an empty text': '""',
  'an array': '[]',
  'an object': '{"a":{"b":[]}}',
  'a prototype': '{"__proto__":{"limit":5},"constructor":{"prototype":1}}',
  'a negative number': '-1',
  'a fraction': '0.1',
  'the largest double': '1.7976931348623157e308',
  infinity: '1e400',
  'more than a safe integer': '9007199254740993',
  'deep arrays': `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  'deep objects': `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
};
const isText = (name: string) => name in texts;

const placed = (body: object, field: string, json: string) =>
  JSON.stringify({ ...body, [field]: '@placeholder@' }).replace('"@placeholder@"', () => json);

/** What is wrong with an answer to hostile input, or null. */
const fault = async (response: Response): Promise<string | null> => {
  const text = await response.text();
  if (response.status >= 500) return `${response.status} ${text.slice(0, 200)}`;
  return text.includes('internal fault') || text.includes('INTERNAL_SERVER_ERROR')
    ? text.slice(0, 200)
    : null;
};

const base = 'http://127.0.0.1:3000';

/** Values that a request needs beside the hostile one, so that each field is reached. */
const needed: Record<string, unknown> = {
  id: '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11',
  repoUrl: 'owner/name',
  constructId: 'alpha',
  oracleUrl: 'https://oracle.example/ask',
  name: 'laptop',
  scopes: ['runs:read'],
  address: '0xd8da6bf26964af9d7eed9e03e53415d37aa96045',
  chainId: 1,
  message: 'sign in',
  signature: '0x00',
  position: 1,
  label: 'true',
  reason: 'issued_in_error',
  text: 'Wrong.',
};

type Procedure = { _def: { type: 'query' | 'mutation' | 'subscription'; inputs: z.ZodType[] } };
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>).map(
  ([path, { _def }]) => {
    const [input] = _def.inputs;
    const unwrapped = input && 'unwrap' in input ? (input as z.ZodDefault).unwrap() : input;
    const shape = unwrapped === undefined ? {} : (unwrapped as z.ZodObject).shape;
    return { path, type: _def.type, fields: Object.keys(shape), hasInput: input !== undefined };
  },
);

const callProcedure = (path: string, type: Procedure['_def']['type'], json: string) => {
  const { services, auth } = rest.context;
  const secret = path.startsWith('token.') ? session : rest.tokens.a;
  const headers = { ...bearer(secret), 'content-type': 'application/json' };
  const url = `${base}/api/trpc/${path}`;
  return handleTrpc(
    { services, auth },
    type === 'mutation'
      ? new Request(url, { method: 'POST', headers, body: json })
      : new Request(`${url}?input=${encodeURIComponent(json)}`, { headers }),
  );
};

test('the router’s procedures are found, with their fields', () => {
  expect(procedures.length).toBeGreaterThan(12);
  expect(procedures.filter(({ hasInput, fields }) => hasInput && fields.length === 0)).toEqual([]);
  expect(procedures.find(({ path }) => path === 'certificate.list')?.fields).toContain('constructId');
});

test.each(procedures.filter(({ hasInput }) => hasInput))(
  'procedure $path answers hostile fields without a fault, and names the field that it refuses',
  async ({ path, type, fields }) => {
    const body = Object.fromEntries(
      fields.flatMap((field) => (field in needed ? [[field, needed[field]]] : [])),
    );
    const wrong: string[] = [];
    for (const field of [...fields, 'planted'])
      for (const [name, json] of Object.entries(values)) {
        const response = await callProcedure(path, type, placed(body, field, json));
        const { status } = response;
        const copy = response.clone();
        const broken = await fault(response);
        if (broken !== null) wrong.push(`${field}, ${name}: ${broken}`);
        if (status !== 400) continue;
        const { error } = (await copy.json()) as { error: { data: { fields: { path: string }[] } } };
        if (!error.data.fields.some(({ path }) => path === field || path.startsWith(`${field}.`)))
          wrong.push(`${field}, ${name}: refused without its name`);
      }
    expect(wrong).toEqual([]);
    const planted = await callProcedure(path, type, placed(body, 'planted', '1'));
    expect(await planted.text()).toContain('planted');
  },
  120_000,
);

test('a procedure’s whole input may be anything, and so may its name', async () => {
  for (const { path, type } of procedures)
    for (const json of [...Object.values(values), '', '{', '{}'])
      if (type !== 'subscription')
        expect(await fault(await callProcedure(path, type, json)), path).toBeNull();
  for (const path of [
    '%00',
    '%ED%A0%80'.replaceAll('%', '%25'),
    'run.__proto__',
    'constructor',
    'x'.repeat(10_000),
  ])
    expect((await callProcedure(path, 'query', '{}')).status, path).toBe(404);
}, 120_000);

const routesFolder = join(import.meta.dirname, '../app/api');
type Handler = (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>;
/** Every route but next-auth's, which needs a running Next, and tRPC's, which is above. */
const routes = globSync('**/route.ts', { cwd: routesFolder })
  .filter((file) => !file.startsWith('auth/') && !file.startsWith('trpc/'))
  .toSorted();

const callsOf = async (file: string) => {
  const exported: Record<string, unknown> = await import(join(routesFolder, file));
  const methods = Object.entries(exported).filter(([name]) => /^[A-Z]+$/.test(name)) as [string, Handler][];
  const parameters = [...file.matchAll(/\[(?:\.\.\.)?(\w+)\]/g)].map(([, name = '']) => name);
  return methods.map(([method, handle]) => ({
    method,
    parameters,
    call: async ({
      query = '',
      body,
      id = 'x',
      secret = rest.tokens.a,
    }: {
      query?: string;
      body?: string | undefined;
      id?: string;
      secret?: string;
    } = {}) =>
      handle(
        new Request(`${base}/api/${file.replace('/route.ts', '')}${query}`, {
          method,
          headers: bearer(secret),
          ...(method === 'GET' || body === undefined ? {} : { body }),
        }),
        { params: Promise.resolve(Object.fromEntries(parameters.map((name) => [name, id]))) },
      ),
  }));
};

const queryFields = [
  ...new Set([...Object.keys(certificateListInputSchema.shape), ...Object.keys(runListInputSchema.shape)]),
].map(wireName);
const bodyFields = [
  ...new Set([...Object.keys(runRequestSchema.shape), ...Object.keys(continueRequestSchema.shape)]),
].map(wireName);

/** The bodies without which these requests name nothing. */
const neededBodies: Record<string, string> = {
  'v1/verification/certificates/[id]/revoke/route.ts': JSON.stringify({ reason: needed.reason }),
  'v1/verification/certificates/[id]/dispute/route.ts': JSON.stringify({ text: needed.text }),
};

test('the routes are found', () => {
  expect(routes).toContain('v1/verification/runs/[run_id]/resume/route.ts');
  expect(routes.length).toBeGreaterThan(10);
});

test.each(routes)(
  'route %s answers hostile paths, queries and bodies without a fault',
  async (file) => {
    const wrong: string[] = [];
    for (const { method, parameters, call } of await callsOf(file)) {
      const note = async (what: string, response: Response) => {
        const broken = await fault(response);
        if (broken !== null) wrong.push(`${method}, ${what}: ${broken}`);
      };
      if (parameters.length > 0)
        for (const [name, text] of Object.entries(texts)) {
          const response = await call({ id: text, body: neededBodies[file] });
          expect(response.status, `${method} of ${name}`).toBe(404);
          await note(name, response);
        }
      if (method === 'GET') {
        for (const field of [...queryFields, 'planted'])
          for (const value of [
            ...Object.values(texts),
            '-1',
            '1e400',
            '99999999999999999999',
            '%',
            '[]',
            '{',
          ])
            await note(
              `${field}=${value.slice(0, 9)}`,
              await call({ query: `?${field}=${encodeURIComponent(value.toWellFormed())}` }),
            );
        for (const query of [
          '?construct_id=%ff',
          '?construct_id=%ed%a0%80',
          '?construct_id=%00&cursor=%',
          '?%00=%00',
        ])
          await note(query, await call({ query }));
        continue;
      }
      for (const field of [...bodyFields, 'planted'])
        for (const [name, json] of Object.entries(values))
          await note(`${field}, ${name}`, await call({ body: placed(runBody, field, json) }));
      for (const body of [...Object.values(values), '', '{', '\ufeff{}'])
        await note(body.slice(0, 20), await call({ body }));
    }
    expect(wrong).toEqual([]);
  },
  120_000,
);

test('every endpoint of the API refuses a parameter that it does not know, and lists those that it does', async () => {
  const known: Record<string, readonly string[]> = {
    'GET v1/verification/runs': Object.keys(runListInputSchema.shape),
    'GET v1/verification/certificates': Object.keys(certificateListInputSchema.shape),
    'GET v1/verification/constructs/[name]': Object.keys(attemptListInputSchema.omit({ name: true }).shape),
  };
  const { rig } = rest;
  const identity = await accountOf(rig.context, { provider: 'github', subject: '1' });
  const { secret } = await openSession(rig.context, identity, 'bearer');
  const runs = await rig.db.$count(verificationRuns);
  for (const file of routes.filter((file) => file.startsWith('v1/')))
    for (const { method, call } of await callsOf(file)) {
      const own = known[`${method} ${file.replace('/route.ts', '')}`]?.map(wireName) ?? [];
      for (const name of ['planted', 'constructId', 'Limit', '__proto__']) {
        const query = `?${own[0] ?? 'planted'}=&${name}=1&${name}=2`;
        const response = await call({ query, secret, body: JSON.stringify(runBody) });
        expect(response.status, `${method} ${file}`).toBe(422);
        const { detail } = (await response.json()) as { detail: { message: string }[] };
        expect(detail.at(-1)?.message).toBe(
          `${name} is not a parameter of this request. ${own.length === 0 ? 'It takes none.' : `Known parameters: ${own.join(', ')}.`}`,
        );
      }
    }
  expect(await rig.db.$count(verificationRuns)).toBe(runs);
});

test('a run’s text fields refuse what cannot be one line of text, each by its name', async () => {
  const stored = ['repo_url', 'construct_id', 'label', 'seed', 'agreement_model', 'github_token', 'since'];
  const ofOracle = bodyFields.filter((field) => /^oracle_(?!type|headers)/.test(field));
  expect(ofOracle).toContain('oracle_tool');
  for (const field of [...stored, ...ofOracle])
    for (const [name, json] of Object.entries(values).filter(([name]) => isText(name))) {
      const response = await rest.post(placed(runBody, field, json));
      expect(response.status, `${field}, ${name}`).toBe(422);
      const { detail } = (await response.json()) as { detail: { field: string }[] };
      expect(detail.map((issue) => issue.field)).toContain(field);
    }
  for (const headers of [
    { 'X-Key': texts.NUL },
    { 'X-Key': texts['an escape sequence'] },
    { [texts.NUL]: 'x' },
  ])
    expect((await rest.post({ ...runBody, oracle_headers: headers })).status).toBe(422);
});

test('a filter that no row can have finds nothing, and one that no row has', async () => {
  const lists = ['v1/verification/certificates/route.ts', 'v1/verification/runs/route.ts'];
  for (const file of lists) {
    const get = (await callsOf(file)).find(({ method }) => method === 'GET');
    for (const text of ['%00', 'a%00', '%E2%80%AE', '%1B%5B2J', '%EF%BF%BD', 'x'.repeat(9_000), '%ff']) {
      const response = await get?.call({ query: `?construct_id=${text}` });
      expect(response?.status).toBe(200);
      expect(await response?.json()).toMatchObject({ total: 0 });
    }
  }
});
