import { afterEach, beforeEach, expect, vi } from 'vitest';

/** A stray console.error or console.warn is a defect, so it fails the test that caused it. */
let errors: ReturnType<typeof vi.spyOn>[];

beforeEach(() => {
  errors = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')];
});

afterEach(() => {
  const calls = errors.flatMap((spy) => spy.mock.calls);
  for (const spy of errors) spy.mockRestore();
  expect(calls).toEqual([]);
});
