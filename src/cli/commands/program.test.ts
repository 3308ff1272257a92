import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runInProcess } from '#testing/rigs/command-line.ts';
import { UsageError } from '../exit.ts';

const changes = join(import.meta.dirname, '../../testing/fixtures/changes.jsonl');
const oracle = ['--oracle-url', 'http://127.0.0.1:9'];

test.each([
  ['no command', [], 'Usage:'],
  ['an unknown command', ['construct'], 'unknown command'],
  ['no repository', ['verify'], 'missing required argument'],
  ['no oracle', ['verify', changes], '--oracle-url'],
  ['an oracle that is no URL', ['verify', changes, '--oracle-url', 'localhost'], 'http or https URL'],
  [
    'an oracle with a password',
    ['verify', changes, '--oracle-url', 'http://a:planted@h/'],
    'Send credentials',
  ],
  ['a Python oracle without a callable', ['verify', changes, '--oracle-python', 'module'], 'module:callable'],
  ['a Python oracle named by a path', ['verify', changes, '--oracle-python', 'a/b.py:f'], 'without path'],
  ['two oracles', ['verify', changes, ...oracle, '--oracle-python', 'a:b'], 'Name one oracle'],
  ['a limit of 0', ['verify', changes, ...oracle, '--limit', '0'], 'from 1 to 1000'],
  ['a limit that is not a number', ['verify', changes, ...oracle, '--limit', '1e2'], 'from 1 to 1000'],
  ['a day that does not exist', ['verify', changes, ...oracle, '--since', '2026-02-30'], '--since'],
  [
    'a day in words',
    ['verify', changes, ...oracle, '--since', 'yesterday'],
    'Must be a day, for example 2026-01-31.',
  ],
  ['an unknown judge', ['verify', changes, ...oracle, '--judge', 'me'], 'Allowed choices'],
  ['a judge without its key', ['verify', changes, ...oracle, '--judge', 'anthropic'], 'ANTHROPIC_API_KEY'],
  ['a model for the offline check', ['verify', changes, ...oracle, '--model', 'x'], 'no model to choose'],
  [
    'an agreement model without a share',
    ['verify', changes, ...oracle, '--agreement-model', 'x'],
    '--agreement-model needs --agreement-sample',
  ],
  [
    'an agreement model with a share of 0',
    ['verify', changes, ...oracle, '--agreement-model', 'x', '--agreement-sample', '0'],
    '--agreement-model needs --agreement-sample',
  ],
  [
    'agreement with the offline check',
    ['verify', changes, ...oracle, '--judge', 'offline', '--agreement-sample', '0.5'],
    'always gives the same verdict',
  ],
  [
    'a cost limit for the offline check',
    ['verify', changes, ...oracle, '--judge', 'offline', '--max-cost', '5'],
    'the offline check costs nothing',
  ],
  ['a repository that does not exist', ['verify', 'no/such/thing', ...oracle], 'There is no repository'],
  [
    'a header without a colon',
    ['verify', changes, ...oracle, '--oracle-header', 'planted'],
    'The first --oracle-header',
  ],
  [
    'a header of two lines',
    ['verify', changes, ...oracle, '--oracle-header', 'A: b\nplanted'],
    'on one line',
  ],
  ['a name that moves the cursor', ['verify', changes, ...oracle, '--construct-id', 'a\u001b[2J'], 'control'],
  ['ingest to no .jsonl file', ['ingest', changes, '--out', 'x.json'], '.jsonl'],
  ['a token without a name', ['token', 'create'], '--name'],
  ['a file that is not a certificate', ['inspect', changes], 'not JSON'],
])('%s is wrong usage, reported on standard error alone and without a secret', async (_, args, words) => {
  const outcome = await runInProcess(args);
  expect(outcome).toMatchObject({ code: 2, stdout: '' });
  expect(outcome.stderr).toContain(words);
  expect(outcome.stderr).not.toContain('planted');
});

test('help succeeds, and needs no valid environment', async () => {
  const outcome = await runInProcess(['verify', '--help'], () => {
    throw new UsageError('PORT is not usable');
  });
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  expect(outcome.stdout).toContain('--oracle-url');
});

test.each([
  [['check'], 'Exit code: 0 it is valid, 1 it is not, 2 something is not known.'],
  [
    ['log', 'monitor'],
    'Exit code: 0 nothing is wrong, 1 the log breaks a rule, 2 not all of it was read, or it could not be.',
  ],
])('the help of %j says what its exit codes mean', async (command, words) => {
  expect((await runInProcess([...command, '--help'])).stdout).toContain(words);
});

test('a command that does not exist yet is not listed', async () => {
  expect((await runInProcess(['--help'])).stdout).not.toMatch(/\bconstruct\b/);
});
