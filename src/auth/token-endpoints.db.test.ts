import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiDoors, openApiDoors } from '#testing/rigs/api-doors.ts';
import { bearer } from '#testing/rigs/rest-rig.ts';

let doors: ApiDoors;
beforeAll(async () => {
  doors = await openApiDoors();
});
afterAll(() => doors.close());

test('a session makes a token over REST, which then works, and which a token cannot do', async () => {
  const session = bearer(await doors.sessionOf('bearer'));
  const request = { name: 'ci', scopes: ['account', 'runs:read'], expires_in_seconds: 3600 };
  const created = await doors.callEndpoint('POST /tokens', '', session, request);
  expect(created.status).toBe(201);
  expect(created.headers.get('cache-control')).toBe('no-store');
  const made = (await created.json()) as { id: string; token: string };
  expect(made).toEqual({
    id: expect.any(String),
    name: 'ci',
    scopes: ['runs:read', 'account'],
    created_at: expect.stringMatching(/Z$/),
    last_used_at: null,
    expires_at: expect.stringMatching(/Z$/),
    token: expect.stringMatching(/^ev_/),
  });
  const own = bearer(made.token);
  expect((await doors.callEndpoint('GET /runs', '', own)).status).toBe(200);
  expect((await doors.callEndpoint('POST /tokens', '', own, request)).status).toBe(403);
  const { tokens } = (await (await doors.callEndpoint('GET /tokens', '', own)).json()) as {
    tokens: object[];
  };
  expect(tokens[0]).toMatchObject({ id: made.id, last_used_at: expect.stringMatching(/Z$/) });
  expect(JSON.stringify(tokens)).not.toContain(made.token);

  const wrong = await doors.callEndpoint('POST /tokens', '', session, { name: '', scopes: ['runs:all'] });
  expect(wrong.status).toBe(422);
  const { detail } = (await wrong.json()) as { detail: { field: string }[] };
  expect(detail.map(({ field }) => field)).toEqual(['name', 'scopes.0']);

  expect((await doors.callEndpoint('DELETE /tokens/[id]', made.id, own)).status).toBe(204);
  expect((await doors.callEndpoint('GET /runs', '', own)).status).toBe(401);
});

test('signing out everywhere over REST ends the session that asks too, and leaves tokens', async () => {
  const { token } = await doors.tokenOf(['runs:read']);
  const [here, there] = [bearer(await doors.sessionOf('bearer')), bearer(await doors.sessionOf('bearer'))];
  const ended = await doors.callEndpoint('DELETE /sessions', '', here);
  expect(await ended.json()).toEqual({ ended: expect.any(Number) });
  for (const headers of [here, there])
    expect((await doors.callEndpoint('GET /runs', '', headers)).status).toBe(401);
  expect((await doors.callEndpoint('GET /runs', '', bearer(token))).status).toBe(200);
});
