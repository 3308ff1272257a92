import { isObject } from '#contracts/json.ts';

/** Why signing in did not work, in words for the user. */
export class SignInProblem extends Error {
  override readonly name = 'SignInProblem';
}

/** What browser wallets put on the page (EIP-1193). */
type EthereumProvider = { request(call: { method: string; params?: unknown[] }): Promise<unknown> };

declare global {
  interface Window {
    ethereum?: EthereumProvider;
  }
}

const declined = 4001;
const waiting = -32002;

const asked = async (provider: EthereumProvider, method: string, params?: unknown[]): Promise<unknown> => {
  try {
    return await provider.request(params ? { method, params } : { method });
  } catch (error) {
    const code = isObject(error) ? error.code : null;
    if (code === declined) throw new SignInProblem('You declined in the wallet. Nothing has changed.');
    if (code === waiting) throw new SignInProblem('The wallet is already asking. Open it and answer there.');
    throw new SignInProblem('The wallet could not answer. Unlock it and try again.');
  }
};

const hexOf = (text: string) =>
  `0x${Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;

/** Lets the browser's wallet sign the message that `prepare` makes for its account. */
export const askWallet = async (
  prepare: (account: { address: string; chainId: number }) => Promise<{ message: string }>,
): Promise<{ message: string; signature: string }> => {
  const provider = window.ethereum;
  if (provider === undefined)
    throw new SignInProblem(
      'This browser has no Ethereum wallet. Install one (MetaMask, Rabby, …) as an extension, then reload this page.',
    );
  const accounts = await asked(provider, 'eth_requestAccounts');
  const address: unknown = Array.isArray(accounts) ? accounts[0] : undefined;
  if (typeof address !== 'string') throw new SignInProblem('The wallet shared no account.');
  const { message } = await prepare({ address, chainId: Number(await asked(provider, 'eth_chainId')) });
  const signature = await asked(provider, 'personal_sign', [hexOf(message), address]);
  if (typeof signature !== 'string') throw new SignInProblem('The wallet gave no signature.');
  return { message, signature };
};
