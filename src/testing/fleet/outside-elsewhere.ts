import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import { childEnvironment } from '../rigs/child-environment.ts';
import type { Outside } from './outside.ts';

export const outsideOrderSchema = z.object({
  workers: z.number().int(),
  changes: z.array(z.number().int()),
  latency: z.object({ oracleMs: z.number(), judgeMs: z.number() }),
});
export type OutsideOrder = z.infer<typeof outsideOrderSchema>;

const openedSchema = z.object({
  oracleUrl: z.string(),
  settings: z.array(z.record(z.string(), z.string())),
});

/** Like `openOutside`, but in a separate process and without a record of calls. */
export const openOutsideElsewhere = async (
  order: OutsideOrder,
): Promise<Pick<Outside, 'settingsOf' | 'oracleUrl' | 'close'>> => {
  const child = fork(join(import.meta.dirname, 'outside-process.ts'), [JSON.stringify(order)], {
    execArgv: [`--import=${new URL('../../start/die-with-parent.ts', import.meta.url).href}`],
    env: childEnvironment,
  });
  const exited = once(child, 'exit');
  const [message] = await Promise.race([
    once(child, 'message'),
    exited.then(() => Promise.reject(new Error('The fakes did not start.'))),
  ]);
  const { oracleUrl, settings } = openedSchema.parse(message);
  return {
    oracleUrl,
    settingsOf: (worker) => settings[worker] ?? {},
    close: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
};
