import { expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { openFleet } from './open-fleet.ts';
import type { Call } from './outside.ts';

const within = { withinMs: 180_000 };

const lacking: [name: string, settings: Record<string, string>, reason: string][] = [
  ['whose engine is off', { ENGINE_ENABLED: 'false' }, 'ENGINE_ENABLED=false'],
  ['without the judge’s key', { ANTHROPIC_API_KEY: '' }, 'ANTHROPIC_API_KEY'],
];

/** A run of so many changes, for workers that are started and ended one by one. */
const openRun = async (changes: number) => {
  const { outside, start, accept, show } = await openFleet({ workers: 1, changes: [changes] });
  return {
    outside,
    start,
    accept: async () => {
      const runId = await accept(0);
      return () => show(runId);
    },
  };
};

test.each(lacking)(
  'a run waits beside a worker %s, says why, and is carried out once another worker can',
  async (_, settings, reason) => {
    const { outside, start, accept } = await openRun(4);
    await start(settings);
    const run = await accept();
    await eventually('The reason', run, ({ waitingFor }) => waitingFor?.includes(reason) ?? false, within);
    expect(outside.calls).toEqual([]);
    await start();
    await eventually('The end of the run', run, ({ status }) => status === 'COMPLETED', within);
  },
  600_000,
);

test.each(lacking)(
  'a run that was under way waits when the next worker is one %s, and continues with one that can',
  async (_, settings, reason) => {
    const changes = 12;
    const { outside, start, accept } = await openRun(changes);
    // Only the change that is asked about first is answered, so that the run cannot end meanwhile.
    let answered: number | undefined;
    const isHeld = ({ change, question }: Pick<Call, 'change' | 'question'>) => {
      if (!question.startsWith('oracle')) return false;
      answered ??= change;
      return change !== answered;
    };
    const release = outside.hold(isHeld);
    const [first] = await start();
    const run = await accept();
    await eventually('A scored replay', run, ({ progress }) => progress > 0, within);
    // No call is on its way that could still arrive once the worker is dead.
    const open = async () => outside.calls.filter(({ until }) => until === null);
    const areHeld = (calls: Call[]) => calls.length === changes - 1 && calls.every(isHeld);
    await eventually('Held calls and no others', open, areHeld, within);
    await first?.end(0);
    outside.calls.splice(0);
    await start(settings);
    await eventually('The reason', run, ({ waitingFor }) => waitingFor?.includes(reason) ?? false, within);
    const { status, progress, total } = await run();
    expect(status).toMatch(/INVOKING|SCORING/);
    expect(progress).toBeLessThan(total);
    expect(outside.calls).toEqual([]);
    release();
    await start();
    await eventually('The end of the run', run, (seen) => seen.status === 'COMPLETED', within);
  },
  600_000,
);
