import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type OracleChoice, oracleTypeNames, oracleTypes } from '#contracts/oracle-types.ts';
import { shownOracle } from '#verification/certificate/target.ts';
import { defaultConstruct, oracleIdentity, oracleOf } from './oracle-choice.ts';

const url = 'https://oracle.example:8443/ask?key=planted';
const reached = { url, headers: {} };

// The digests in stored runs were made from these identities.
test.each<[OracleChoice, { identity: string; shown: string; construct: string }]>([
  [
    { type: 'http', ...reached },
    { identity: url, shown: 'https://oracle.example:8443', construct: 'oracle.example:8443' },
  ],
  [
    { type: 'mcp', ...reached, tool: 'review' },
    { identity: `mcp review ${url}`, shown: 'https://oracle.example:8443', construct: 'oracle.example:8443' },
  ],
  [
    { type: 'chat', ...reached, model: 'm:1' },
    { identity: `chat m:1 ${url}`, shown: 'https://oracle.example:8443', construct: 'm:1' },
  ],
  [
    { type: 'python', module: 'a.b', callable: 'answer' },
    { identity: 'python a.b:answer', shown: 'a.b:answer', construct: 'a.b' },
  ],
])('%o is identified by everything that names it, and shown without its secrets', (oracle, expected) => {
  expect({
    identity: oracleIdentity(oracle),
    shown: shownOracle(oracle),
    construct: defaultConstruct(oracle),
  }).toEqual(expected);
});

test.each([
  [{ oracleUrl: ` ${url} ` }, { type: 'http', ...reached }],
  [
    { oracleUrl: url, oracleMcpTool: 'a:b', oracleHeader: ['X-Key: v'] },
    { type: 'mcp', url, headers: { 'X-Key': 'v' }, tool: 'a:b' },
  ],
  [
    { oracleUrl: url, oracleChatModel: 'm' },
    { type: 'chat', ...reached, model: 'm' },
  ],
  [{ oraclePython: 'a.b:answer' }, { type: 'python', module: 'a.b', callable: 'answer' }],
])('%o names an oracle', (options, oracle) => {
  expect(oracleOf({ oracleHeader: [], ...options })).toEqual(oracle);
});

test.each([
  [{}, /^Name the oracle: --oracle-url .*, or --oracle-python module:callable\.$/],
  [{ oracleMcpTool: 'review' }, /^Name the oracle/],
  [{ oracleUrl: 'ftp://x' }, /^--oracle-url: Must be an http or https URL/],
  [{ oracleUrl: url, oraclePython: 'a:b' }, /--oracle-url and --oracle-python exclude each other/],
  [{ oraclePython: 'a:b', oracleChatModel: 'm' }, /--oracle-chat-model and --oracle-python exclude/],
  [{ oraclePython: 'a:b:c' }, /^--oracle-python must be module:callable, for example my_oracle:answer\.$/],
  [{ oraclePython: '../a:b' }, /^--oracle-python: Name it as in an import/],
  [{ oracleUrl: url, oracleMcpTool: ' ' }, /^--oracle-mcp-tool: /],
])('%o is wrong usage, and the message names the flag', (options, message) => {
  expect(() => oracleOf({ oracleHeader: [], ...options })).toThrow(message);
});

test('a header that cannot be sent is wrong usage, and the message hides its value', () => {
  const wrong = () => oracleOf({ oracleUrl: url, oracleHeader: ['X-Key: planted\u00fc'] });
  expect(wrong).toThrow(/^--oracle-header: /);
  expect(wrong).not.toThrow(/planted/);
});

test.each(oracleTypeNames)('the README shows how an oracle of the type %s is named', (type) => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  expect(readme).toContain(oracleTypes[type].flag?.name ?? '--oracle-url');
});
