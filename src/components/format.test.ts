import { expect, test } from 'vitest';
import {
  costText,
  countOf,
  differenceText,
  durationText,
  intervalText,
  scoreText,
  timeText,
} from './format.ts';

test('a score is shown to three decimals, trailing zeros included', () => {
  expect(scoreText(0.5)).toBe('0.500');
  expect(scoreText(0.123456)).toBe('0.123');
  expect(intervalText({ lower: 0, upper: 0.98765 })).toBe('0.000 to 0.988');
});

test('a difference has a sign, unless it rounds to 0', () => {
  expect(differenceText(0.25)).toBe('+0.250');
  expect(differenceText(-0.25)).toBe('−0.250');
  expect(differenceText(0.0004)).toBe('0.000');
  expect(differenceText(-0.0004)).toBe('0.000');
});

test('an unknown cost is not shown as free', () => {
  expect(costText(null)).toBe('unknown');
  expect(costText(0)).toBe('US$ 0.00');
  expect(costText(0.0123)).toBe('US$ 0.0123');
  expect(costText(12.3)).toBe('US$ 12.30');
});

test('a time is written in UTC, whatever the reader’s zone', () => {
  expect(timeText('2026-11-24T04:22:46.000Z')).toBe('24 Nov 2026, 04:22 UTC');
});

test('counts agree with their noun', () => {
  expect(countOf(1, 'replay')).toBe('1 replay');
  expect(countOf(0, 'replay')).toBe('0 replays');
  expect(countOf(1200, 'reply', 'replies')).toBe('1,200 replies');
});

test('durations are shown in a readable unit', () => {
  expect(durationText(0)).toBe('under 1 ms');
  expect(durationText(12)).toBe('12 ms');
  expect(durationText(1540)).toBe('1.5 s');
  expect(durationText(65_000)).toBe('65 s');
});
