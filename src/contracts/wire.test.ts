import { expect, test } from 'vitest';
import { fromWire, toWire, wireName } from './wire.ts';

test('a name is in snake_case on the wire, and one that is already stays', () => {
  expect(['id', 'runId', 'maxCostUsd', 'too_small'].map(wireName)).toEqual([
    'id',
    'run_id',
    'max_cost_usd',
    'too_small',
  ]);
});

test('names change at every depth, values at none, and the way back gives the same', () => {
  const at = new Date(0);
  const value = { runId: 'aB', replays: [{ oracleFailure: null, keys: ['aB'] }], scoredAt: at };
  const wire = { run_id: 'aB', replays: [{ oracle_failure: null, keys: ['aB'] }], scored_at: at };
  expect(toWire(value)).toEqual(wire);
  expect(fromWire(wire, [])).toEqual(value);
});

test('names that are data come from the wire as they are', () => {
  expect(fromWire({ the_draw: { excluded: { too_small: 1 }, left_out: 2 } }, ['excluded'])).toEqual({
    theDraw: { excluded: { too_small: 1 }, leftOut: 2 },
  });
});
