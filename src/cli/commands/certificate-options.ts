import { type Command, Option } from 'commander';
import { type RevocationReason, revocationReasons } from '#contracts/log.ts';
import type { ExitCode } from '../exit.ts';
import type { Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import type { CertificateOptions } from './certificate.ts';
import { installationVerbs, type Unlocated } from './installation-verbs.ts';

const tokenHelp = `
Each of these commands needs a personal token with the scope certificates:write:

  (umask 077 && echelon-verify token create --name cli --scope certificates:write > ~/.echelon-token)
  echelon-verify certificate revoke <id> --reason issued_in_error --token-file ~/.echelon-token

Certificates are revoked by the account that they were issued for or by the installation's owner, and disputed by the
owner alone. Nothing that was logged can be taken back.`;

/** `certificate revoke | dispute | close-dispute | remove-dispute-text`, against an installation. */
export const addCertificateCommands = (
  program: Command,
  context: { readSettings: () => Settings; terminal: Terminal; signal: AbortSignal },
  done: (code: ExitCode) => void,
): void => {
  const certificates = program
    .command('certificate')
    .description('revoke and dispute certificates of an installation')
    .addHelpText('after', tokenHelp);
  const { verb, located } = installationVerbs(certificates, context.readSettings);

  verb('revoke', 'revoke a certificate for good, with an entry in the log', [
    new Option('--reason <reason>', 'why').choices(revocationReasons).makeOptionMandatory(),
  ])
    .argument('<id>', 'the certificate’s id')
    .action(async (id: string, options: Unlocated<CertificateOptions & { reason: RevocationReason }>) => {
      const command = await import('./certificate.ts');
      done(await command.revokeCertificateCommand(id, located(options), context));
    });
  verb('dispute', 'dispute a certificate: it stays valid, with a warning', [
    new Option(
      '--text <text>',
      'what is wrong with it, in at most 500 characters; published',
    ).makeOptionMandatory(),
  ])
    .argument('<id>', 'the certificate’s id')
    .action(async (id: string, options: Unlocated<CertificateOptions & { text: string }>) => {
      const command = await import('./certificate.ts');
      done(await command.disputeCertificateCommand(id, located(options), context));
    });
  const changes = [
    ['close-dispute', 'close a dispute', false],
    ['remove-dispute-text', 'remove the words of a dispute; its entries in the log stay', true],
  ] as const;
  for (const [name, description, removeText] of changes)
    verb(name, description)
      .argument('<dispute>', 'the dispute’s id')
      .action(async (id: string, options: Unlocated<CertificateOptions>) => {
        const command = await import('./certificate.ts');
        done(await command.changeDisputeCommand(id, { ...located(options), removeText }, context));
      });
};
