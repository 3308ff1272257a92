import { expect, test } from 'vitest';
import { fromWire, toWire, wireName } from './wire.ts';

test('a name is in snake_case on the wire, and a name that already is stays the same', () => {
  expect(['id', 'runId', 'maxCostUsd', 'too_small'].map(wireName)).toEqual([
    'id',
    'run_id',
    'max_cost_usd',
    'too_small',
  ]);
});

test('names change at every depth, values never, and the way back restores the original', () => {
  const at = new Date(0);
  const value = { runId: 'aB', replays: [{ oracleFailure: null, keys: ['aB'] }], scoredAt: at };
  const wire = { run_id: 'aB', replays: [{ oracle_failure: null, keys: ['aB'] }], scored_at: at };
  expect(toWire(value)).toEqual(wire);
  expect(fromWire(wire, [])).toEqual(value);
});

test('names that are data come from the wire unchanged', () => {
  expect(fromWire({ the_draw: { excluded: { too_small: 1 }, left_out: 2 } }, ['excluded'])).toEqual({
    theDraw: { excluded: { too_small: 1 }, leftOut: 2 },
  });
});
