import { expect, type Page } from '@playwright/test';
import { getBytes, type HDNodeWallet, Wallet } from 'ethers';

/** Adds a wallet to every page of `page` as an extension would (EIP-1193). Its key stays outside the browser. */
export const installWallet = async (page: Page, wallet: HDNodeWallet = Wallet.createRandom()) => {
  await page.exposeFunction('signWithTestWallet', (hex: string) => wallet.signMessage(getBytes(hex)));
  await page.addInitScript((address) => {
    const answers: Record<string, (params: unknown[]) => unknown> = {
      eth_requestAccounts: () => [address.toLowerCase()],
      eth_chainId: () => '0x1',
      personal_sign: ([message]) =>
        (window as unknown as { signWithTestWallet(hex: unknown): Promise<string> }).signWithTestWallet(
          message,
        ),
    };
    const request = async ({ method, params = [] }: { method: string; params?: unknown[] }) => {
      const answer = answers[method];
      if (!answer) throw new Error(`The test's wallet does not know ${method}.`);
      return answer(params);
    };
    Object.assign(window, { ethereum: { request } });
  }, wallet.address);
  return wallet;
};

/** A new user, signed in with a wallet of their own. */
export const signInWithNewWallet = async (page: Page) => {
  const wallet = await installWallet(page);
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign in with Ethereum' }).click();
  await expect(page.getByRole('heading', { name: 'My runs' })).toBeVisible();
  return wallet;
};
