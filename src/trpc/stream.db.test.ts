import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { apiTokens } from '#db/schema/users.ts';
import { openSession, revokeApiToken, signOut } from '#services/account/index.ts';
import { createRun } from '#services/run/index.ts';
import { noteActivity } from '#services/state/transitions.ts';
import { openRig, runRequest } from '#testing/rigs/engine-rig.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { accountOf, authOf } from '#testing/rigs/open-to-all.ts';
import { handleTrpc } from './handler.ts';
import { appRouter } from './root.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const longestMs = appRouter._def._config.sse?.maxDurationMs;
afterEach(() => void vi.restoreAllMocks());

/** Asks for a run's changes as the bearer of this token. */
const follow = (token: string, runId: string) => {
  const { context: services } = rig;
  const url = 'http://127.0.0.1:3000';
  return handleTrpc(
    { services, auth: authOf(services, url) },
    new Request(`${url}/api/trpc/run.changes?input=${encodeURIComponent(JSON.stringify({ id: runId }))}`, {
      headers: { authorization: `Bearer ${token}` },
    }),
  );
};

/** A run's changes as streamed to the bearer of this token, whose time is up once the first is told. */
const stream = async (token: string, runId: string) => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const response = await follow(token, runId);
  let said = '';
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    said += text;
    if (!said.includes('"runId"')) continue;
    const timeIsUp = timers.mock.calls.findLast(([, ms]) => ms === longestMs)?.[0];
    if (timeIsUp === undefined) throw new Error('The stream has no end.');
    timeIsUp();
  }
  return said;
};

test('a stream ends after five minutes', () => {
  expect(longestMs).toBe(5 * 60_000);
});

test('a stream whose time is up ends without a final event, so the page reconnects, and a user who signed out is refused', async () => {
  const { context, db } = rig;
  const owner = await rig.user();
  const token = await fullToken(context, owner);
  const { runId } = await createRun(context, owner, runRequest());
  for (const _ of ['first', 'again']) {
    const said = await stream(token, runId);
    expect(said).toContain(`"runId":"${runId}"`);
    // On `return` the client would stop for good.
    expect(said).not.toContain('event: return');
  }
  await db.delete(apiTokens).where(eq(apiTokens.userId, owner.userId));
  const refused = await stream(token, runId);
  expect(refused).toContain('UNAUTHORIZED');
  expect(refused).not.toContain(runId);
});

test.each(['session', 'token'] as const)(
  'a stream ends with the %s that it began with, and tells nothing more',
  async (kind) => {
    const { context, db } = rig;
    const owner = await accountOf(context, { provider: 'github', subject: kind });
    const { runId } = await createRun(context, owner, runRequest());
    const secret =
      kind === 'session'
        ? (await openSession(context, owner, 'bearer')).secret
        : await fullToken(context, owner);
    const response = await follow(secret, runId);
    let said = '';
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const begins = !said.includes('"runId"') && text.includes('"runId"');
      said += text;
      if (!begins) continue;
      if (kind === 'session') await signOut(context, secret);
      else {
        const [row] = await db.select().from(apiTokens).where(eq(apiTokens.userId, owner.userId));
        await revokeApiToken(context, owner, row?.id ?? '');
      }
      await noteActivity(db, runId, 'Something private.');
    }
    expect(said).toContain('UNAUTHORIZED');
    expect(said).not.toContain('Something private.');
  },
);
