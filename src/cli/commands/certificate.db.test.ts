import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { getCertificateStanding } from '#services/certificate/index.ts';
import { createRun, getRun } from '#services/run/index.ts';
import { runInProcess } from '#testing/rigs/command-line.ts';
import { runRequest } from '#testing/rigs/engine-rig.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { openServedRig, type ServedRig } from '#testing/rigs/served-rig.ts';

let at: ServedRig;
let ownersToken: string;
beforeAll(async () => {
  at = await openServedRig();
  const local = await at.rig.user({ provider: 'local', subject: 'owner' });
  ownersToken = join(at.folder, 'owner');
  writeFileSync(ownersToken, await fullToken(at.rig.context, local));
});
afterAll(() => at.close());

const certificate = (tokenFile: string, ...args: string[]) =>
  runInProcess(['certificate', ...args, '--url', at.url, '--token-file', tokenFile]);
const issue = async () => {
  const { runId } = await createRun(at.rig.context, at.owner, runRequest({ judge: 'anthropic' }));
  await at.rig.pump();
  return (await getRun(at.rig.context, at.owner, runId)).certificateId ?? '';
};

test('certificate revoke revokes, says the same again, and says where another reason stands', async () => {
  const id = await issue();
  const first = await certificate(at.tokenFile, 'revoke', id, '--reason', 'issued_in_error');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(/^Revoked on \S+\. It was issued in error\.$/m);
  expect(await certificate(at.tokenFile, 'revoke', id, '--reason', 'issued_in_error')).toEqual(first);
  const other = await certificate(at.tokenFile, 'revoke', id, '--reason', 'key_compromised', '--json');
  expect(other).toMatchObject({ code: 0, stderr: expect.stringContaining('Nothing was done') });
  expect(JSON.parse(other.stdout)).toMatchObject({
    standing: 'revoked',
    revocation_reason: 'issued_in_error',
  });
});

test('a dispute is opened, its words are removed, and it is closed', async () => {
  const id = await issue();
  const refused = await certificate(at.tokenFile, 'dispute', id, '--text', 'Wrong.');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Only the owner') });
  const opened = await certificate(ownersToken, 'dispute', id, '--text', 'Wrong.');
  const dispute = /Dispute (\S+) has been open since .* “Wrong\.”/.exec(opened.stdout)?.[1] ?? '';
  const removed = await certificate(ownersToken, 'remove-dispute-text', dispute);
  expect(removed).toMatchObject({ code: 0, stderr: 'The words were removed.\n' });
  expect(removed.stdout).toContain(`Dispute ${dispute} has been open since`);
  expect(removed.stdout).not.toContain('Wrong');
  const closed = await certificate(ownersToken, 'close-dispute', dispute);
  expect(closed).toMatchObject({ code: 0, stdout: 'It is valid, and is not disputed.\n', stderr: '' });
});

test('of an expired certificate it is said that it has expired', async () => {
  const id = await issue();
  const opened = await certificate(ownersToken, 'dispute', id, '--text', 'Wrong.');
  const dispute = /Dispute (\S+) has/.exec(opened.stdout)?.[1] ?? '';
  const { expiresAt } = await getCertificateStanding(at.rig.context, id);
  at.rig.wait(Date.parse(expiresAt) - at.rig.context.now().getTime());
  const closed = await certificate(ownersToken, 'close-dispute', dispute);
  expect(closed.stdout).toBe('It has expired, and is not disputed.\n');
});

test.each([
  ['revoke', 'x', '--reason', 'issued_in_error'],
  ['dispute', 'x', '--text', 'Wrong.'],
  ['close-dispute', 'x'],
  ['remove-dispute-text', 'x'],
])(
  'certificate %s says how to make a token that may do it, without one and with a wrong one',
  async (...args) => {
    const command = ['certificate', ...args, '--url', at.url];
    const making = '`echelon-verify token create --name cli --scope certificates:write` makes one.';
    const without = await runInProcess(command);
    expect(without).toMatchObject({ code: 2, stdout: '' });
    expect(without.stderr).toContain(`Give a personal token with --token-file <path>. ${making}`);
    const wrong = await runInProcess([...command, '--token', 'evt_wrong']);
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toContain(
      `refused the token: it is unknown there, or was revoked or has expired. ${making}`,
    );
  },
);

test('the help shows how to make a token for it and how to use it', async () => {
  const { stdout } = await runInProcess(['certificate', '--help']);
  expect(stdout).toContain(
    '(umask 077 && echelon-verify token create --name cli --scope certificates:write > ~/.echelon-token)',
  );
});

test.each([
  ['no reason', ['revoke', 'x'], '--reason'],
  ['a reason in words', ['revoke', 'x', '--reason', 'because'], 'Allowed choices'],
  ['too many words', ['dispute', 'x', '--text', 'a'.repeat(501)], '--text'],
])('%s is wrong usage', async (_, args, words) => {
  expect(await certificate(ownersToken, ...args)).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining(words),
  });
});
