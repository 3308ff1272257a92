import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endUnlessReady } from './watchdog.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const watched = (patienceMs: number) => {
  const state = { ready: true as boolean | Error, ends: 0, looks: 0 };
  const stop = endUnlessReady(
    async () => {
      state.looks += 1;
      if (state.ready instanceof Error) throw state.ready;
      return state.ready;
    },
    () => {
      state.ends += 1;
    },
    patienceMs,
  );
  return { state, stop };
};

test.each([false, new Error('not reachable')])(
  'a process that is not ready for too long ends, once',
  async (ready) => {
    const { state } = watched(180_000);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(state.ends).toBe(0);
    state.ready = ready;
    await vi.advanceTimersByTimeAsync(170_000);
    expect(state.ends).toBe(0);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(state.ends).toBe(1);
  },
);

test('being ready for a moment starts the count again', async () => {
  const { state } = watched(60_000);
  for (let turn = 0; turn < 10; turn += 1) {
    state.ready = false;
    await vi.advanceTimersByTimeAsync(50_000);
    state.ready = true;
    await vi.advanceTimersByTimeAsync(10_000);
  }
  expect(state.ends).toBe(0);
});

test('a look that takes long is not overtaken by the next', async () => {
  let looks = 0;
  const stop = endUnlessReady(
    () => {
      looks += 1;
      return new Promise(() => {});
    },
    () => {},
    60_000,
  );
  await vi.advanceTimersByTimeAsync(600_000);
  expect(looks).toBe(1);
  stop();
});
