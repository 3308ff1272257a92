import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { RunRequest } from '#contracts/run-request.ts';
import { judgeBatchItems } from '#db/schema/judge-batches.ts';
import { advanceBatches } from '#services/calls/index.ts';
import type { WorkerContext } from '#services/ground/index.ts';
import { createRun, getRun } from '#services/run/index.ts';
import type { BatchClient } from '#verification/judges/model/batches.ts';
import { modelJudge } from '#verification/judges/model/model-judge.ts';
import { createPrices } from '#verification/judges/model/prices.ts';
import { createAnthropicClient } from '#verification/judges/providers/anthropic/client.ts';
import { type AnthropicFakeOptions, startAnthropicFake } from '../fakes/anthropic/anthropic-fake.ts';
import { runRequest, testRig } from '../rigs/engine-rig.ts';

/** A run in economy mode, judged through the API's fake. Its workers share only its database. */
export const economyRun = async (options: AnthropicFakeOptions = {}, request: Partial<RunRequest> = {}) => {
  const rig = await testRig();
  const fake = await startAnthropicFake({
    batches: { manual: true },
    // Services compare a batch's creation time with their clock.
    now: () => rig.context.now().getTime(),
    ...options,
  });
  onTestFinished(fake.close);
  const provider = 'anthropic';
  const prices = createPrices(provider);
  const client = createAnthropicClient({
    apiKey: 'sk-ant-test',
    baseURL: fake.url,
    maxRetries: 0,
    sleep: async (ms) => {
      await delay(ms);
    },
  });
  const { batches } = client;
  const context: WorkerContext = {
    ...rig.context,
    engine: {
      ...rig.context.engine,
      judge: ({ model }, desk) =>
        modelJudge({ provider, client, model, random: randomBytes, prices, batches: desk, now: Date.now }),
      batches: new Map([[provider, batches]]),
    },
  };
  const owner = await rig.user();
  const { runId } = await createRun(
    context,
    owner,
    runRequest({ judge: provider, economy: true, ...request }),
  );
  const run = (id = runId) => getRun(context, owner, id);
  const items = () => rig.db.select().from(judgeBatchItems);
  /** The same worker with an API that does some things differently. */
  const withBatches = (changes: Partial<BatchClient>): WorkerContext => ({
    ...context,
    engine: { ...context.engine, batches: new Map([[provider, { ...batches, ...changes }]]) },
  });
  /** Works on jobs and batches until the run has ended. Each batch ends at once. */
  const work = async (onto = context, id = runId) => {
    for (let round = 0; round < 20 && (await run(id)).certificateId === null; round += 1) {
      await rig.pump({ onto });
      rig.wait(11_000);
      await advanceBatches(onto);
      await fake.endBatches();
      await advanceBatches(onto);
    }
    return run(id);
  };
  return { ...rig, context, batches, withBatches, owner, runId, fake, run, items, work };
};
