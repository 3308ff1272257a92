import { HDNodeWallet } from 'ethers';
import { SiweMessage } from 'siwe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuthContext } from '#auth/context.ts';
import { resolveActor } from '#auth/resolve-actor.ts';
import { openRig } from '#testing/rigs/engine-rig.ts';
import { authOf } from '#testing/rigs/open-to-all.ts';
import { createCaller } from '../root.ts';

let rig: Awaited<ReturnType<typeof openRig>>;
let auth: AuthContext;
const url = 'http://127.0.0.1:3000';

beforeAll(async () => {
  rig = await openRig();
  auth = authOf(rig.context);
});
afterAll(() => rig.close());

const visitor = () => createCaller({ services: rig.context, auth, actor: null, address: null });
const asBearer = async (token: string) =>
  createCaller({
    services: rig.context,
    auth,
    actor: await resolveActor(auth, new Headers({ authorization: `Bearer ${token}` })),
    address: null,
  });

test('a program signs in with a wallet: nonce, its own message, token, and the token identifies it', async () => {
  const wallet = HDNodeWallet.createRandom();
  const { nonce, domain, uri, chainIds } = await visitor().auth.nonce();
  const [chainId = 0] = chainIds;
  const issuedAt = new Date().toISOString();
  const message = new SiweMessage({
    domain,
    uri,
    nonce,
    chainId,
    issuedAt,
    address: wallet.address,
    version: '1',
  }).prepareMessage();
  const signature = await wallet.signMessage(message);
  const { token, expiresAt } = await visitor().auth.walletSignIn({ message, signature });
  expect(Date.parse(expiresAt) - Date.parse(issuedAt)).toBeGreaterThan(23.9 * 3_600_000);
  expect(await (await asBearer(token)).auth.me()).toEqual({
    userId: expect.any(String),
    name: `${wallet.address.slice(0, 6)}…${wallet.address.slice(-4)}`,
  });
  await expect(visitor().auth.walletSignIn({ message, signature })).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  });
});

test('a wallet creates a run with its token, and nobody else sees that run', async () => {
  const tokenOf = async (wallet: HDNodeWallet) => {
    const { message } = await visitor().auth.walletMessage({ address: wallet.address, chainId: 1 });
    return (await visitor().auth.walletSignIn({ message, signature: await wallet.signMessage(message) }))
      .token;
  };
  const mine = await asBearer(await tokenOf(HDNodeWallet.createRandom()));
  const theirs = await asBearer(await tokenOf(HDNodeWallet.createRandom()));
  const { runId, status } = await mine.run.createSample();
  expect(status).toBe('PENDING');
  expect(await mine.run.byId({ id: runId })).toMatchObject({ runId, progress: 0, total: 0 });
  await expect(theirs.run.byId({ id: runId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await theirs.run.list({})).toMatchObject({ runs: [], total: 0 });
});

test('a wallet’s session expires after a day', async () => {
  const wallet = HDNodeWallet.createRandom();
  const { message } = await visitor().auth.walletMessage({ address: wallet.address, chainId: 1 });
  const { token } = await visitor().auth.walletSignIn({
    message,
    signature: await wallet.signMessage(message),
  });
  expect(await (await asBearer(token)).auth.me()).not.toBeNull();
  await rig.database.sql`update sessions set expires_at = expires_at - interval '24 hours'`;
  expect(await (await asBearer(token)).auth.me()).toBeNull();
});

test('a visitor has no user', async () => {
  expect(await visitor().auth.me()).toBeNull();
});

test('a malformed message or address is refused at its field', async () => {
  await expect(visitor().auth.walletSignIn({ message: 'hello', signature: '0x' })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    cause: { fields: [{ path: 'message' }] },
  });
  await expect(visitor().auth.walletMessage({ address: 'me', chainId: 1 })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    cause: { fields: [{ path: 'address' }] },
  });
});

test('a wallet’s message names the page that asks, and signs in only there', async () => {
  const at = (page: string | null) =>
    createCaller({ services: rig.context, auth, actor: null, address: null, page });
  const wallet = HDNodeWallet.createRandom();
  const { domain, uri } = await at('https://dash.example').auth.nonce();
  expect([domain, uri]).toEqual(['dash.example', 'https://dash.example']);
  expect((await at(null).auth.nonce()).uri).toBe(url);
  const { message } = await at('https://dash.example').auth.walletMessage({
    address: wallet.address,
    chainId: 1,
  });
  expect(message).toContain('dash.example wants you to sign in');
  const signed = { message, signature: await wallet.signMessage(message) };
  expect((await at('https://dash.example').auth.walletSignIn(signed)).token).toMatch(/^evs_/);
  for (const page of ['https://other.example', 'http://dash.example', null]) {
    const again = await at('https://dash.example').auth.walletMessage({
      address: wallet.address,
      chainId: 1,
    });
    await expect(
      at(page).auth.walletSignIn({
        message: again.message,
        signature: await wallet.signMessage(again.message),
      }),
    ).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  }
});
