import type { TokenScope } from '#contracts/account.ts';
import { type CertificateStanding, revocationWords } from '#contracts/certificate-standing.ts';
import type { RevocationReason } from '#contracts/log.ts';
import { toWire } from '#contracts/wire.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import { plain, plainJson, type Terminal } from '../terminal.ts';
import { type InstallationOptions, reachInstallation } from './installation.ts';

type Context = { terminal: Terminal; signal: AbortSignal };
export type CertificateOptions = InstallationOptions & { json?: boolean };

const scope: TokenScope = 'certificates:write';

const view = ({ standing, revokedAt, revocationReason, disputes }: CertificateStanding): string => {
  if (revokedAt !== null && revocationReason !== null)
    return `Revoked on ${revokedAt}. ${revocationWords[revocationReason]}`;
  const open = disputes.find(({ closedAt }) => closedAt === null);
  const words = open?.text == null ? '' : ` “${plain(open.text, 500)}”`;
  const stands = standing === 'expired' ? 'It has expired' : `It is ${standing}`;
  return open === undefined
    ? `${stands}, and is not disputed.`
    : `${stands}. Dispute ${open.id} has been open since ${open.openedAt}.${words}`;
};

const show = (answer: CertificateStanding, json: boolean | undefined, { terminal }: Context): ExitCode => {
  terminal.result(json ? plainJson(toWire(answer)) : view(answer));
  return exitCodes.done;
};

/** `certificate revoke <id>`: revokes a certificate for good. If it was revoked before, says with which reason. */
export const revokeCertificateCommand = async (
  id: string,
  { reason, ...options }: CertificateOptions & { reason: RevocationReason },
  context: Context,
): Promise<ExitCode> => {
  const { ask } = await reachInstallation(options, context.signal, scope);
  const answer = await ask(({ certificate }) => certificate.revoke.mutate({ id, reason }));
  if (answer.revocationReason !== reason)
    context.terminal.say('Nothing was done: it was revoked before, for another reason.');
  return show(answer, options.json, context);
};

/** `certificate dispute <id>`: opens a dispute of a certificate. */
export const disputeCertificateCommand = async (
  id: string,
  { text, ...options }: CertificateOptions & { text: string },
  context: Context,
): Promise<ExitCode> => {
  const { ask } = await reachInstallation(options, context.signal, scope);
  return show(await ask(({ dispute }) => dispute.open.mutate({ id, text })), options.json, context);
};

/** `certificate close-dispute <dispute>`: closes a dispute, or with `removeText` removes its words. */
export const changeDisputeCommand = async (
  id: string,
  { removeText, ...options }: CertificateOptions & { removeText: boolean },
  context: Context,
): Promise<ExitCode> => {
  const { ask } = await reachInstallation(options, context.signal, scope);
  const answer = await ask(({ dispute }) =>
    removeText ? dispute.removeText.mutate({ id }) : dispute.close.mutate({ id }),
  );
  if (removeText) context.terminal.say('The words were removed.');
  return show(answer, options.json, context);
};
