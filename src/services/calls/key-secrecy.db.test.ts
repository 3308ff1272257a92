import { expect, test } from 'vitest';
import { answerKeys } from '#db/schema/answer-keys.ts';
import { getRunById, getRuns } from '#rest/runs.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { allShared, judgmentsRig, keysOf, numberedKeys, sharedCalls } from '#testing/rigs/judgments-rig.ts';
import { authOf } from '#testing/rigs/open-to-all.ts';
import { changeNumbers, drawOf, offlineReply, unavailable } from '#testing/rigs/scripted-engine.ts';
import { erasePrivateGroundTruths, privateRetentionMs } from '../retention/erase-private.ts';
import { getRun } from '../run/get.ts';
import { listRuns } from '../run/list.ts';

test('a private change’s key is deleted with its record, and a run with another credential never gets it', async () => {
  const at = await judgmentsRig({
    judge: numberedKeys(),
    draw: async ({ limit }) => ({ ...drawOf(changeNumbers(limit)), private: true }),
  });
  const one = { githubToken: 'the-token-of-one' };
  const first = await at.run(one);
  expect(sharedCalls((await at.run(one)).calls)).toEqual([]);
  const foreign = await at.run({ githubToken: 'the-token-of-another' });
  expect(sharedCalls(foreign.calls).sort()).toEqual(allShared.toSorted());
  expect(keysOf(foreign.replays)).not.toEqual(keysOf(first.replays));
  expect(await at.db.$count(answerKeys)).toBe(6);
  at.wait(privateRetentionMs + 1);
  await erasePrivateGroundTruths(at.context);
  expect(await at.db.$count(answerKeys)).toBe(0);
});

test('no response to a run’s owner, and no certificate, holds a key’s statements, question or reference answer', async () => {
  const planted = /planted/;
  const at = await judgmentsRig({
    judge: async (task, { id }) => {
      if (task.measure === 'recall' && id === '3') return unavailable('no connection');
      if (task.measure !== 'answer_key') return undefined;
      const quote = `export const retryLimit${id} = 25;`;
      return offlineReply({
        changes: [{ id: 'k', statement: 'A planted statement.', quote }],
        question: { text: 'A planted question?', reference_answer: 'planted', quote },
      });
    },
  });
  const ended = await at.run();
  expect(ended.status).toBe('COMPLETED');
  expect(await at.dump()).toMatch(planted);
  const { context } = at;
  const url = 'http://127.0.0.1:3000';
  const rest = { services: context, auth: authOf(context, url) };
  const token = await fullToken(context, ended.owner);
  const request = () =>
    new Request(`${url}/api/v1/verification/runs`, { headers: { authorization: `Bearer ${token}` } });
  const answers = [
    JSON.stringify(await getRun(context, ended.owner, ended.runId)),
    JSON.stringify(await listRuns(context, ended.owner, { limit: 20, offset: 0 })),
    JSON.stringify(await ended.certificate()),
    await (await getRuns(rest, request())).text(),
    await (await getRunById(rest, request(), ended.runId)).text(),
  ];
  for (const text of answers) {
    expect(text).toContain('construct');
    expect(text).not.toMatch(planted);
  }
  expect(JSON.stringify(at.logged)).not.toMatch(planted);
});
