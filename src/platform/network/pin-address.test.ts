import { expect, test } from 'vitest';
import { pinAddress } from './pin-address.ts';
import { noProxies } from './proxies.ts';

const git = (version: string) => async () => `git version ${version}\n`;
const local = new URL('https://localhost:8443/owner/name.git');

test('a name is pinned to the address that was checked', async () => {
  const pin = pinAddress(
    { publicOnly: true, proxies: noProxies, allow: ['https://localhost:8443'] },
    git('2.39.5'),
  );
  expect(await pin(local)).toEqual({
    'http.curloptResolve': expect.stringMatching(/^localhost:8443:(?:127\.0\.0\.1|\[::1\])$/),
  });
});

test('a repository on this machine or in its network is refused if others can reach the installation', async () => {
  const pin = pinAddress({ publicOnly: true, proxies: noProxies, allow: [] }, git('2.39.5'));
  for (const url of [
    'https://localhost/a.git',
    'https://127.0.0.1/a.git',
    'https://[::1]/a',
    'https://10.1.1.1/a',
  ])
    await expect(pin(new URL(url))).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('OUTBOUND_ALLOW'),
    });
});

test.each([
  ['2.34.1', false],
  ['2.36.6', false],
  ['2.37.0', true],
  ['2.50.1 (Apple Git-155)', true],
  ['3.0.0', true],
])('git %s clones for others only if it can be pinned to an address: %s', async (version, holds) => {
  const allow = ['https://localhost:8443'];
  const pinned = pinAddress({ publicOnly: true, proxies: noProxies, allow }, git(version))(local);
  if (holds) await expect(pinned).resolves.toHaveProperty(['http.curloptResolve']);
  else await expect(pinned).rejects.toMatchObject({ message: expect.stringContaining('older than 2.37') });
  // On the owner's own machine nobody else can exploit it.
  await expect(
    pinAddress({ publicOnly: false, proxies: noProxies, allow }, git(version))(local),
  ).resolves.toBeDefined();
});
