import { getAddress, isAddress } from 'ethers';
import { SiweMessage } from 'siwe';
import { AppError } from '#contracts/errors.ts';
import type { Database } from '#db/client.ts';
import { createNonce } from './wallet-nonce.ts';
import { walletChainIds } from './wallet-sign-in.ts';

/**
 * The text for a wallet to sign, with a fresh nonce, for clients that do not build it themselves. `address` may be in any
 * case: wallets return lower case, EIP-4361 requires the checksum form.
 * @throws AppError BAD_REQUEST if it is no address, or the chain is not accepted.
 */
export const createSignInMessage = async (
  { db, url }: { db: Database; url: string },
  { address, chainId }: { address: string; chainId: number },
): Promise<{ message: string; expiresAt: Date }> => {
  if (!isAddress(address)) {
    const message = 'Not an Ethereum address.';
    throw new AppError('BAD_REQUEST', message, [{ path: 'address', message }]);
  }
  if (!walletChainIds.includes(chainId)) {
    const message = `Chain ${chainId} is not accepted. Switch the wallet to Ethereum, or to one of the chains ${walletChainIds.join(', ')}.`;
    throw new AppError('BAD_REQUEST', message, [{ path: 'chainId', message }]);
  }
  const { nonce, issuedAt, expiresAt } = await createNonce({ db });
  const own = new URL(url);
  const message = new SiweMessage({
    domain: own.host,
    address: getAddress(address),
    statement: 'Sign in to Echelon Verify. This costs nothing and sends no transaction.',
    uri: own.origin,
    version: '1',
    chainId,
    nonce,
    issuedAt: issuedAt.toISOString(),
    expirationTime: expiresAt.toISOString(),
  });
  return { message: message.prepareMessage(), expiresAt };
};
