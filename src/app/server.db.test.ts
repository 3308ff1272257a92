import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { sessionCookieName } from '#auth/cookies.ts';
import { openSession } from '#services/account/index.ts';
import { openRig } from '#testing/rigs/engine-rig.ts';
import { accountOf } from '#testing/rigs/open-to-all.ts';

/** The headers of the page's request. Next keeps them in a scope of its own, which there is only behind its server. */
let request = new Headers();
vi.mock('server-only', () => ({}));
vi.mock('next/headers', () => ({ headers: async () => request }));

const url = 'http://127.0.0.1:3000';
let rig: Awaited<ReturnType<typeof openRig>>;
const signInRule = { allow: ['github:1'], admitAccount: async () => null };
beforeAll(async () => {
  rig = await openRig();
});
beforeEach(() => {
  const { db, log } = rig.context;
  const auth = { db, log, secret: 'x'.repeat(32), url, github: null, signInRule };
  vi.stubGlobal('echelonComposition', { services: rig.context, auth });
});
afterAll(() => rig.close());

const visit = async (subject: string | null) => {
  const { currentUser, requireUser, serverApi } = await import('./server.ts');
  request = new Headers();
  if (subject !== null) {
    const account = await accountOf(rig.context, { provider: 'github', subject }, subject);
    const { secret } = await openSession(rig.context, account, 'cookie');
    request.set('cookie', `${sessionCookieName(url)}=${secret}`);
  }
  return {
    user: await currentUser(),
    required: await requireUser('/runs').catch(({ digest }: { digest: string }) => digest.split(';')[2]),
    certificates: (await (await serverApi()).certificate.list({})).certificates,
  };
};

test('a page knows its visitor, and tells an account that may not sign in any more why; what is public stays open', async () => {
  expect(await visit('1')).toMatchObject({ user: { name: '1' }, required: { name: '1' }, certificates: [] });
  expect(await visit(null)).toEqual({ user: null, required: '/sign-in?next=%2Fruns', certificates: [] });
  expect(await visit('2')).toEqual({
    user: null,
    required: '/sign-in?error=NotListed&next=%2Fruns',
    certificates: [],
  });
});
