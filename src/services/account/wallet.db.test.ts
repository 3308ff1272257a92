import { HDNodeWallet, Wallet } from 'ethers';
import { SiweMessage } from 'siwe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { siweNonces, userIdentities } from '#db/schema/users.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { openToAll } from '#testing/rigs/open-to-all.ts';
import { createSignInMessage } from './wallet-message.ts';
import { createNonce, mostLiveNonces, nonceLifetimeMs } from './wallet-nonce.ts';
import { signInWithWallet } from './wallet-sign-in.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
const context = () => ({
  db: database.db,
  url: 'http://127.0.0.1:3000',
  signInRule: openToAll,
  address: null,
});
const wallet = HDNodeWallet.createRandom();

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

type Fields = Partial<ConstructorParameters<typeof SiweMessage>[0]> & object;

/** A message as a wallet would get it, signed by `signer`. */
const signed = async (
  changes: Fields = {},
  signer: { signMessage(text: string): Promise<string> } = wallet,
) => {
  const nonce = (await createNonce(context())).nonce;
  const message = new SiweMessage({
    domain: '127.0.0.1:3000',
    address: wallet.address,
    statement: 'Sign in to Echelon Verify.',
    uri: 'http://127.0.0.1:3000/sign-in',
    version: '1',
    chainId: 1,
    nonce,
    issuedAt: new Date().toISOString(),
    ...changes,
  }).prepareMessage();
  return { message, signature: await signer.signMessage(message) };
};

const later = (ms: number) => new Date(Date.now() + ms).toISOString();
/** Lets all nonces expire. */
const expireNonces = () => database.sql`update siwe_nonces set expires_at = now()`;

test('a wallet signs in, and is the same user the next time', async () => {
  const first = await signInWithWallet(context(), await signed());
  expect(await signInWithWallet(context(), await signed({ chainId: 8453 }))).toEqual(first);
  expect(await database.db.select().from(userIdentities)).toMatchObject([
    { userId: first.userId, provider: 'wallet', subject: wallet.address.toLowerCase() },
  ]);
});

test('two wallets are two users', async () => {
  const other = Wallet.createRandom();
  const [mine, theirs] = [
    await signInWithWallet(context(), await signed()),
    await signInWithWallet(context(), await signed({ address: other.address }, other)),
  ];
  expect(mine.userId).not.toBe(theirs.userId);
});

test('a message works once, even when it is sent many times at once', async () => {
  const message = await signed();
  const attempts = await Promise.allSettled(
    Array.from({ length: 6 }, () => signInWithWallet(context(), message)),
  );
  expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await expect(signInWithWallet(context(), message)).rejects.toThrow('nonce was used already');
});

test('a failed sign-in uses up its nonce', async () => {
  const { message, signature } = await signed();
  const forged = await Wallet.createRandom().signMessage(message);
  await expect(signInWithWallet(context(), { message, signature: forged })).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
    message: expect.stringContaining('not this wallet’s'),
  });
  await expect(signInWithWallet(context(), { message, signature })).rejects.toThrow('nonce was used already');
});

test('a nonce that was never issued, or has expired, signs nobody in', async () => {
  await expect(signInWithWallet(context(), await signed({ nonce: 'a'.repeat(32) }))).rejects.toThrow(
    'never issued',
  );
  const message = await signed();
  await expireNonces();
  await expect(signInWithWallet(context(), message)).rejects.toThrow('has expired');
});

test('expired nonces are cleared away', async () => {
  await createNonce(context());
  await expireNonces();
  const { nonce } = await createNonce(context());
  expect(await database.db.select({ nonce: siweNonces.nonce }).from(siweNonces)).toEqual([{ nonce }]);
});

test.each([
  ['another domain', { domain: 'evil.example' }, 'another domain'],
  ['another port of this host', { domain: '127.0.0.1:3001' }, 'another domain'],
  ['another scheme', { scheme: 'https' }, 'another domain'],
  ['another origin in its URI', { uri: 'https://evil.example/sign-in' }, 'another address'],
  ['a chain that is not accepted', { chainId: 11155111 }, 'Chain 11155111 is not accepted'],
])('a message for %s is refused', async (_what, changes, problem) => {
  await expect(signInWithWallet(context(), await signed(changes))).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
    message: expect.stringContaining(problem),
  });
});

test('a message outside its time limits is refused', async () => {
  const refusals: [Fields, string][] = [
    [{ expirationTime: later(-1000) }, 'has expired'],
    [{ notBefore: later(60_000) }, 'not valid yet'],
    [{ issuedAt: later(6 * 60_000) }, 'in the future'],
    [{ issuedAt: later(-16 * 60_000) }, 'too long ago'],
    // A leap second is a well-formed time that Date cannot read: unreadable must not mean unlimited.
    [{ expirationTime: '2016-12-31T23:59:60Z' }, 'cannot be read'],
  ];
  for (const [changes, problem] of refusals)
    await expect(signInWithWallet(context(), await signed(changes))).rejects.toThrow(problem);
});

test('a message within its time limits signs in', async () => {
  const message = await signed({ notBefore: later(-1000), expirationTime: later(60_000) });
  expect(await signInWithWallet(context(), message)).toHaveProperty('userId');
});

test.each([
  '',
  '0x',
  `0x${'00'.repeat(65)}`,
  `0x${'ff'.repeat(65)}`,
  'not a signature',
  `0x${'ab'.repeat(2000)}`,
])('a malformed signature is refused without noise: %.12s', async (signature) => {
  const { message } = await signed();
  await expect(signInWithWallet(context(), { message, signature })).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  });
});

test.each(['', 'hello', '{}', `${'x'.repeat(5000)}`])(
  'text that is no sign-in message is named as such: %.12s',
  async (message) => {
    await expect(signInWithWallet(context(), { message, signature: '0x' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      fields: [{ path: 'message' }],
    });
  },
);

test('a signed message cannot be changed afterwards', async () => {
  const { message, signature } = await signed();
  const other = Wallet.createRandom().address;
  await expect(
    signInWithWallet(context(), { message: message.replace(wallet.address, other), signature }),
  ).rejects.toThrow('not this wallet’s');
});

test('a message made here for a lower-case address signs in once it is signed', async () => {
  const { message, expiresAt } = await createSignInMessage(context(), {
    address: wallet.address.toLowerCase(),
    chainId: 10,
  });
  const [, issuedAt = ''] = /^Issued At: (.+)$/m.exec(message) ?? [];
  expect(expiresAt.getTime() - Date.parse(issuedAt)).toBe(nonceLifetimeMs);
  expect(message).toContain('127.0.0.1:3000 wants you to sign in with your Ethereum account');
  const signature = await wallet.signMessage(message);
  expect(await signInWithWallet(context(), { message, signature })).toHaveProperty('userId');
});

test('no message is made for an invalid address or a chain that is not accepted', async () => {
  await expect(createSignInMessage(context(), { address: '0x12', chainId: 1 })).rejects.toMatchObject({
    fields: [{ path: 'address' }],
  });
  await expect(createSignInMessage(context(), { address: wallet.address, chainId: 5 })).rejects.toMatchObject(
    { fields: [{ path: 'chainId' }] },
  );
});

test('only so many nonces are live, and expired ones make room', async () => {
  await database.db.delete(siweNonces);
  await database.sql`
    insert into siwe_nonces select 'n' || n, now() + interval '1 minute' from generate_series(1, ${mostLiveNonces}) n`;
  await expect(createNonce(context())).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  await expireNonces();
  expect(await createNonce(context())).toHaveProperty('nonce');
});
