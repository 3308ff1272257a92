import type { NextApiRequest, NextApiResponse } from 'next';
import NextAuth, { type EventCallbacks } from 'next-auth';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSignInLink } from '#services/account/index.ts';
import { failingDatabase, openSignInRig, type SignInRig } from '#testing/rigs/sign-in-rig.ts';
import { sessionCookieName } from './cookies.ts';
import { createAuthOptions, signOutFailed } from './options.ts';
import { resolveActor, sessionCookieOf } from './resolve-actor.ts';

let at: SignInRig;
beforeAll(async () => {
  at = await openSignInRig();
});
afterAll(() => at.close());

test('cookies are hidden from scripts, same-site, and under https bound to this host', () => {
  for (const cookie of Object.values(at.options().cookies ?? {})) {
    expect(cookie.options).toMatchObject({ httpOnly: true, sameSite: 'lax', secure: false });
    expect(cookie.name).not.toMatch(/^__/);
  }
  for (const cookie of Object.values(at.options({ url: 'https://verify.example.com' }).cookies ?? {})) {
    expect(cookie.options).toMatchObject({ httpOnly: true, sameSite: 'lax', secure: true });
    // What browsers demand of a cookie with this prefix.
    expect(cookie.name).toMatch(/^__Host-/);
    expect(cookie.options).toMatchObject({ path: '/' });
    expect(cookie.options).not.toHaveProperty('domain');
  }
});

/** A browser that keeps its cookies, and next-auth behind it. */
const openBrowser = (on = at.auth) => {
  const jar = new Map<string, string>();
  const headers = () =>
    new Headers({
      host: '127.0.0.1:3000',
      cookie: Array.from(jar, ([name, value]) => `${name}=${value}`).join('; '),
    });
  /** Posts a form of next-auth's, or gets one of its addresses. */
  const ask = async (path: string, body?: Record<string, string>) => {
    let text = '';
    const set: string[] = [];
    const response = {
      status: () => response,
      setHeader: (name: string, value: string | string[]) => {
        if (name.toLowerCase() === 'set-cookie') set.splice(0, set.length, ...[value].flat());
        return response;
      },
      getHeader: (name: string) => (name.toLowerCase() === 'set-cookie' ? set : undefined),
      json: (answer: unknown) => {
        text = JSON.stringify(answer);
      },
      send: (answer: unknown) => {
        text = JSON.stringify(answer);
      },
      end: () => {},
    };
    const request = {
      method: body === undefined ? 'GET' : 'POST',
      query: { nextauth: path.split('/') },
      body: body && { ...body, json: 'true' },
      cookies: Object.fromEntries(jar),
      headers: Object.fromEntries(headers()),
    };
    await NextAuth(
      request as unknown as NextApiRequest,
      response as unknown as NextApiResponse,
      createAuthOptions(on, (event) => at.reports.push(event), sessionCookieOf(on, headers()), null),
    );
    for (const line of set) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, decodeURIComponent(value));
    }
    return { answer: JSON.parse(text) as Record<string, string>, set };
  };
  const csrfToken = async () => (await ask('csrf')).answer.csrfToken ?? '';
  return {
    signIn: async () => {
      const { token } = await createSignInLink(on);
      return ask('callback/link', { token, csrfToken: await csrfToken() });
    },
    signOut: async (token?: string) => ask('signout', { csrfToken: token ?? (await csrfToken()) }),
    cookie: () => jar.get(sessionCookieName(on.url)),
    headers,
  };
};

test('after signing out, the old cookie signs nobody in', async () => {
  const browser = openBrowser();
  const { set } = await browser.signIn();
  expect(set.find((line) => line.startsWith(sessionCookieName(at.auth.url)))).toMatch(
    /; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
  );
  const old = browser.headers();
  expect(await resolveActor(at.auth, old)).not.toBeNull();
  await browser.signOut();
  expect(browser.cookie()).toBeUndefined();
  expect(await resolveActor(at.auth, old)).toBeNull();
});

test('signing out of one browser leaves the other signed in', async () => {
  const [here, there] = [openBrowser(), openBrowser()];
  await here.signIn();
  await there.signIn();
  await here.signOut();
  expect(await resolveActor(at.auth, there.headers())).not.toBeNull();
});

test('each sign-in makes a new session, and ends the one that the browser had', async () => {
  const browser = openBrowser();
  await browser.signIn();
  const [first, old] = [browser.cookie(), browser.headers()];
  await browser.signIn();
  expect(browser.cookie()).not.toBe(first);
  expect(await resolveActor(at.auth, old)).toBeNull();
  expect(await resolveActor(at.auth, browser.headers())).not.toBeNull();
});

test('a cookie that somebody planted is never taken for the new session', async () => {
  const planted = openBrowser();
  await planted.signIn();
  const secret = planted.cookie() ?? '';
  await planted.signOut();
  const victim = openBrowser();
  await victim.signIn();
  expect(victim.cookie()).not.toBe(secret);
  expect(await at.userOf(secret)).toBe('');
});

test('signing out without the page’s own CSRF token ends nothing', async () => {
  const browser = openBrowser();
  await browser.signIn();
  await browser.signOut('forged');
  expect(await resolveActor(at.auth, browser.headers())).not.toBeNull();
});

test('a session that could not be ended is reported, so that the browser keeps its cookie', async () => {
  const browser = openBrowser();
  await browser.signIn();
  const db = failingDatabase(at.auth, 'The database is away.');
  at.reports.length = 0;
  await at.options({ db }, browser.cookie() ?? null).events?.signOut?.({
    token: {},
  } as Parameters<NonNullable<EventCallbacks['signOut']>>[0]);
  expect(at.reports).toEqual([{ level: 'error', code: signOutFailed, error: 'RangeError' }]);
  expect(await resolveActor(at.auth, browser.headers())).not.toBeNull();
});
