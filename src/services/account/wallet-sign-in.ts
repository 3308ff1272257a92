import { eq } from 'drizzle-orm';
import { verifyMessage } from 'ethers';
import { SiweMessage } from 'siwe';
import { AppError } from '#contracts/errors.ts';
import type { Database } from '#db/client.ts';
import { siweNonces } from '#db/schema/users.ts';
import { fromNow } from './live.ts';
import { type Identity, requireListed, type SignInAttempt } from './sign-in-rule.ts';
import { type KnownIdentity, userOfIdentity } from './user-of-identity.ts';
import { nonceLifetimeMs } from './wallet-nonce.ts';

/**
 * Ethereum, Optimism, Polygon, Base, Arbitrum One. An EOA's signature is the same on every chain. The list keeps a message
 * that was signed for a test network from signing in here.
 */
export const walletChainIds = [1, 10, 137, 8453, 42161];

/** How far a device's clock may differ from ours. */
const clockSkewMs = 5 * 60_000;

const maxMessageLength = 4000;
const eoaSignature = /^0x[0-9a-fA-F]{130}$/;

const refuse = (message: string) => new AppError('UNAUTHORIZED', message);

const parse = (text: string): SiweMessage | null => {
  if (text.length > maxMessageLength) return null;
  try {
    return new SiweMessage(text);
  } catch {
    return null;
  }
};

/** Deletes the nonce, whatever the outcome: it is good for one sign-in. Returns the time, or null if it is not good. */
const useNonce = async (db: Database, nonce: string): Promise<Date | null> => {
  const [used] = await db
    .delete(siweNonces)
    .where(eq(siweNonces.nonce, nonce))
    .returning({
      expiresAt: siweNonces.expiresAt,
      at: fromNow(0).mapWith(siweNonces.expiresAt),
    });
  return used !== undefined && used.expiresAt > used.at ? used.at : null;
};

/** Why a message's times rule it out, or null. An unreadable time never counts as absent. */
const timeProblem = (message: SiweMessage, at: Date): string | null => {
  const of = (text: string | undefined) => (text === undefined ? null : Date.parse(text));
  const [issuedAt, expiresAt, notBefore] = [
    of(message.issuedAt),
    of(message.expirationTime),
    of(message.notBefore),
  ];
  if (issuedAt === null || [issuedAt, expiresAt, notBefore].some(Number.isNaN))
    return 'One of the message’s times cannot be read.';
  const now = at.getTime();
  if (issuedAt > now + clockSkewMs)
    return 'The message says it was issued in the future. Check this device’s clock and sign in again.';
  if (issuedAt < now - nonceLifetimeMs - clockSkewMs)
    return 'The message was issued too long ago. Check this device’s clock and sign in again.';
  if (expiresAt !== null && expiresAt <= now) return 'The message has expired. Sign in again.';
  if (notBefore !== null && notBefore > now) return 'The message is not valid yet.';
  return null;
};

const signerOf = (message: string, signature: string): string | null => {
  try {
    return verifyMessage(message, signature);
  } catch {
    return null;
  }
};

/**
 * Sign-In with Ethereum (EIP-4361) for externally owned accounts. `message` is the text as signed, `signature` 65 bytes in
 * hexadecimal, `url` this installation's own address. The first sign-in creates the user.
 * @throws AppError BAD_REQUEST if the text is no such message. UNAUTHORIZED if it does not sign in here: the nonce was
 * used, has expired or was never issued; the domain, origin, chain or times do not fit; the signature is another wallet's.
 * NotListed if only listed accounts may sign in. OverBudgetError where too many accounts were made.
 */
export const signInWithWallet = async (
  { db, url, signInRule, address }: { db: Database; url: string } & SignInAttempt,
  { message: text, signature }: { message: string; signature: string },
): Promise<KnownIdentity> => {
  const message = parse(text);
  if (!message) {
    const problem = 'Not a Sign-In with Ethereum message (EIP-4361).';
    throw new AppError('BAD_REQUEST', problem, [{ path: 'message', message: problem }]);
  }
  const at = await useNonce(db, message.nonce);
  if (at === null)
    throw refuse('The message’s nonce was used already, has expired, or was never issued. Sign in again.');

  const own = new URL(url);
  if (message.domain !== own.host || (message.scheme && `${message.scheme}:` !== own.protocol))
    throw refuse(`The message is for another domain. This installation signs in at ${own.host}.`);
  if (!URL.canParse(message.uri) || new URL(message.uri).origin !== own.origin)
    throw refuse(`The message is for another address. This installation signs in at ${own.origin}.`);
  if (!walletChainIds.includes(message.chainId))
    throw refuse(`Chain ${message.chainId} is not accepted. Use one of ${walletChainIds.join(', ')}.`);
  const untimely = timeProblem(message, at);
  if (untimely) throw refuse(untimely);

  // Recovered from the text as it was sent. siwe's own verify() checks a rebuilt text and prints what it cannot parse.
  // Contract wallets (EIP-1271) are not supported, because they need a node to ask.
  const signer = eoaSignature.test(signature) ? signerOf(text, signature) : null;
  if (signer?.toLowerCase() !== message.address.toLowerCase())
    throw refuse('The signature is not this wallet’s. Contract wallets cannot sign in.');

  const identity: Identity = { provider: 'wallet', subject: message.address.toLowerCase() };
  requireListed(signInRule, identity);
  return userOfIdentity(
    { db, signInRule, address },
    identity,
    `${message.address.slice(0, 6)}…${message.address.slice(-4)}`,
  );
};
