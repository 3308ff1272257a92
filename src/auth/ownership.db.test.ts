import { afterAll, beforeAll, expect, test } from 'vitest';
import { tokenScopes } from '#contracts/account.ts';
import { createRun } from '#services/run/index.ts';
import { type ApiDoors, openApiDoors, typeOfProcedure } from '#testing/rigs/api-doors.ts';
import { runRequest } from '#testing/rigs/engine-rig.ts';
import { accountOf } from '#testing/rigs/open-to-all.ts';
import { bearer } from '#testing/rigs/rest-rig.ts';

let doors: ApiDoors;
beforeAll(async () => {
  doors = await openApiDoors();
});
afterAll(() => doors.close());

test('what belongs to one user does not exist for another, whatever they sign in with', async () => {
  const { runId } = await createRun(doors.rig.context, doors.user, runRequest());
  const { id: tokenId } = await doors.tokenOf(['runs:read']);
  await doors.sessionOf('cookie');
  const own = bearer(await doors.sessionOf('bearer'));
  const listed = await doors.callEndpoint('GET /sessions', '', own);
  const { sessions } = (await listed.json()) as { sessions: { id: string; current: boolean }[] };
  const sessionId = sessions.find(({ current }) => !current)?.id ?? '';
  const other = await accountOf(doors.rig.context, { provider: 'github', subject: '3' });
  const { token } = await doors.tokenOf(tokenScopes, other);
  for (const headers of [bearer(token), bearer(await doors.sessionOf('bearer', other))]) {
    const ids: Record<string, string> = { run: runId, token: tokenId, session: sessionId };
    const named = doors.procedures.filter((path) =>
      /\.(?:byId|cancel|changes|resume|retry|end|revoke)$/.test(path),
    );
    for (const path of named.filter((path) => !path.startsWith('certificate.'))) {
      const id = ids[path.split('.')[0] ?? ''];
      expect(await (await doors.callProcedure(path, { id }, headers)).text(), path).toMatch(
        // A stream does not name the error yet.
        typeOfProcedure(path) === 'subscription' ? /NOT_FOUND|INTERNAL_SERVER_ERROR/ : /"code":"NOT_FOUND"/,
      );
    }
    for (const endpoint of doors.endpoints.filter((name) => name.includes('['))) {
      const [, what = ''] = /\/(run|token|session)s/.exec(endpoint) ?? [];
      if (what !== '')
        expect((await doors.callEndpoint(endpoint, ids[what] ?? '', headers)).status, endpoint).toBe(404);
    }
  }
  expect((await doors.callEndpoint('DELETE /sessions/[id]', sessionId, own)).status).toBe(204);
  expect((await doors.callEndpoint('DELETE /tokens/[id]', tokenId, own)).status).toBe(204);
  expect((await doors.callEndpoint('GET /runs/[run_id]', runId, own)).status).toBe(200);
});
