import { openDatabase } from '#db/client.ts';
import { migrate } from '#db/migrate.ts';
import { createApiToken, localOwner } from '#services/account/index.ts';
import { withDatabase } from '../connection.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import type { Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';

/** `token create --name N`: makes a personal token for the installation's owner, and prints it this once. */
export const createTokenCommand = async (
  { name, json }: { name: string; json?: boolean },
  { settings, terminal }: { settings: Settings; terminal: Terminal },
): Promise<ExitCode> => {
  const token = await withDatabase(settings, async (databaseUrl) => {
    await migrate(databaseUrl);
    const { db, close } = openDatabase(databaseUrl, { max: 1 });
    try {
      const { userId } = await localOwner({ db });
      return (await createApiToken({ db, now: () => new Date() }, { userId, name })).token;
    } finally {
      await close();
    }
  });
  terminal.result(json ? JSON.stringify({ name, token }, null, 2) : token);
  terminal.say(
    'The token is shown only once; its hash alone is kept. Send it as "Authorization: Bearer <token>".',
  );
  return exitCodes.done;
};
