import { expect, test } from 'vitest';
import { deletionTime } from './deletion-time.ts';

const rig = () => {
  const said: string[] = [];
  const note = (level: string) => (_: object, message: string) =>
    said.push(`${level}: ${message.split(':')[0]}`);
  const log = { error: note('error'), warn: note('warn'), info: note('info'), debug: note('debug') };
  let timerMs = 0;
  return {
    said,
    /** Two tasks ask, every 15 seconds for so long. */
    ask: async (aheadMs: number, forSeconds: number) => {
      const database = new Date('2026-01-01T00:00:00Z');
      const readClocks = async () => ({ database, process: new Date(database.getTime() + aheadMs) });
      for (let passed = 0; passed < forSeconds; passed += 15) {
        for (const _task of ['prune', 'erase']) await deletionTime({ readClocks, log }, () => timerMs);
        timerMs += 15_000;
      }
    },
  };
};

test.each([90_000, -90_000])(
  'clocks that are %i ms apart are one line when it begins, one a minute, and one when it ends',
  async (aheadMs) => {
    const { said, ask } = rig();
    await ask(0, 300);
    expect(said).toEqual([]);
    await ask(aheadMs, 15);
    expect(said.splice(0)).toEqual(['error: Nothing is deleted']);
    await ask(aheadMs, 285);
    expect(said.splice(0)).toEqual(Array(4).fill('error: Nothing is deleted'));
    await ask(0, 300);
    expect(said.splice(0)).toEqual(['info: The clocks agree again']);
    await ask(aheadMs, 30);
    expect(said).toEqual(['error: Nothing is deleted']);
  },
);

test('each process says it for itself', async () => {
  const [one, other] = [rig(), rig()];
  await one.ask(90_000, 15);
  await other.ask(90_000, 15);
  expect([one.said, other.said].map(({ length }) => length)).toEqual([1, 1]);
});
