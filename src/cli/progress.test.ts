import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { progressOn } from './progress.ts';
import { openTerminal } from './terminal.ts';

const watched = (isTTY: boolean) => {
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const progress = progressOn(openTerminal(new PassThrough(), stderr, new PassThrough()));
  progress.phase('Reading the history\u001b[2J of name');
  progress.begin(4, 1);
  progress.end('7', 'scored', null);
  progress.warn('A file is\u001b[2J damaged.');
  progress.end('8', 'replaced', 'no quote');
  progress.shrink();
  progress.end('9', 'oracle_failure', 'status: 500');
  progress.stop();
  return String(stderr.read());
};

test('in a pipe progress is plain lines, one per replay', () => {
  expect(watched(false).split('\n')).toEqual([
    'Reading the history of name',
    '4 replays to do, 1 of them already done by an earlier call.',
    '[2/4] 7 scored',
    'A file is damaged.',
    '[2/4] 8 replaced by the next change: no quote',
    '[3/3] 9 oracle failure (scores 0): status: 500',
    '',
  ]);
});

test('on a terminal progress is a bar', () => {
  const text = watched(true);
  expect(text).toContain('█');
  expect(text).toMatch(/oracle failures 1 · unscored 0/);
  expect(text).toContain('A file is damaged.\n');
  expect(text).not.toContain('[2J');
});
