import { expect, test } from 'vitest';
import { isComment, isImport, readAssignment, readDefinition } from './definitions.ts';

test.each([
  ['export async function* readLines(path: string) {', 'function', 'readLines'],
  ['  async close(): Promise<void> {', 'method', 'close'],
  ['export const hashToken = (token: string) => token;', 'constant', 'hashToken'],
  ['export type Entry = {', 'type', 'Entry'],
  ['    def _request_stop(self, signum: int) -> None:', 'function', '_request_stop'],
  ['class OutboxEvent(Base):', 'class', 'OutboxEvent'],
  ['func (v *Verifier) Verify(ctx context.Context) error {', 'function', 'Verify'],
  ['type Row interface{ Cells() []string }', 'type', 'Row'],
  ['pub(crate) async fn serve(addr: SocketAddr) {', 'function', 'serve'],
  ['public static final List<String> names() {', 'method', 'names'],
  ['CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_idx ON a (b);', 'index', 'a_idx'],
  ['ALTER TABLE sessions ADD COLUMN token_hash bytea;', 'column', 'token_hash'],
])('%s defines a %s', (line, noun, name) => {
  expect(readDefinition(line)).toEqual({ noun, name });
});

test.each([
  'if (ready) {',
  'return open(path);',
  'for (const a of b) {',
  'x = 1',
  `function ${'a'.repeat(500)}() {`,
])('not a definition: %s', (line) => {
  expect(readDefinition(line)).toBeNull();
});

test.each([
  ['const timeoutMs = 20_000;', 'timeoutMs', '20_000'],
  ['titleBoost = 2.5', 'titleBoost', '2.5'],
  ['STANDARD_RATE = Decimal("0.081")', 'STANDARD_RATE', '0.081'],
  ['    ReadHeaderTimeout: 5,', 'ReadHeaderTimeout', '5'],
  ['  "node": ">=22"', 'node', '22'],
  ['      - uses: actions/checkout@v5', 'actions/checkout', '5'],
  ['psycopg==3.2.1', 'psycopg', '3.2.1'],
  ["  variant: 'primary',", 'variant', 'primary'],
])('%s gives %s the value %s', (line, name, value) => {
  expect(readAssignment(line)).toEqual({ name, value });
});

test.each([
  'const order = await create(input);',
  'enabled: debounced.length >= 2,',
  'if (a == 3) {',
  'a => 4',
])('not a literal value: %s', (line) => {
  expect(readAssignment(line)).toBeNull();
});

test('comments and imports are distinguished from code', () => {
  for (const line of ['// a', ' * a', '# a', '-- a', '<!-- a']) expect(isComment(line), line).toBe(true);
  for (const line of ['a // b', '#!/bin/sh', '## Heading', '--flag'])
    expect(isComment(line), line).toBe(line === '#!/bin/sh');
  for (const line of ["import a from 'a';", 'from a import b', '#include <a.h>', 'use a::b;']) {
    expect(isImport(line), line).toBe(true);
  }
  expect(isImport('important();')).toBe(false);
});
