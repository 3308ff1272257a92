import { expect, test } from 'vitest';
import { startFleetProgram } from './program.ts';

/** Prints every 20 ms how far both ways to read the clock are from the true time. */
const sayDrift = `setInterval(() => {
  const trueMs = performance.timeOrigin + performance.now();
  console.log('drift', Math.round((Date.now() - trueMs) / 1000) + 0, Math.round((new Date() - trueMs) / 1000) + 0);
}, 20)`;

test('a program’s clock can be moved and corrected from outside, and dates still work', async () => {
  const program = startFleetProgram(
    ['--eval', `${sayDrift}; console.log('date', new Date(0) instanceof Date, new Date(0).toISOString())`],
    {},
    /drift/,
  );
  try {
    await program.untilReady(120_000);
    expect(program.said()).toContain('date true 1970-01-01T00:00:00.000Z');
    await program.moveClock(3_600_000);
    await expect.poll(() => program.said().trim().split('\n').at(-1)).toBe('drift 3600 3600');
    await program.moveClock(0);
    await expect.poll(() => program.said().trim().split('\n').at(-1)).toBe('drift 0 0');
  } finally {
    await program.end(0);
  }
});
