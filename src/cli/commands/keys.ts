import { toWire } from '#contracts/wire.ts';
import { keptCheckpointIn } from '#platform/log/kept-checkpoint.ts';
import { type InstallationKey, listKeys, retireKey } from '#services/log/index.ts';
import { withMigrated } from '../connection.ts';
import { type ExitCode, exitCodes } from '../exit.ts';
import type { Settings } from '../settings.ts';
import { plainJson, type Terminal } from '../terminal.ts';

type Context = { settings: Settings; terminal: Terminal };

const wireOf = ({ addedAt, retiredAt, compromisedAt, ...key }: InstallationKey) =>
  toWire({
    ...key,
    addedAt: addedAt.toISOString(),
    retiredAt: retiredAt?.toISOString() ?? null,
    compromisedAt: compromisedAt?.toISOString() ?? null,
  });

const stateOf = ({ retiredAt, compromisedAt, retiredIndex }: InstallationKey): string => {
  const at = compromisedAt ?? retiredAt;
  return at === null
    ? 'may sign'
    : `${compromisedAt === null ? 'retired' : 'compromised'} on ${at.toISOString()} by entry ${retiredIndex}`;
};

const view = (key: InstallationKey): string =>
  `${key.purpose.padEnd('certificate'.length)}  ${key.id}  ${stateOf(key)}`;

/** `keys list`: every key that ever signed here. */
export const listKeysCommand = async (
  { json }: { json?: boolean },
  { settings, terminal }: Context,
): Promise<ExitCode> => {
  const keys = await withMigrated(settings, (db) => listKeys({ db }));
  if (json) terminal.result(plainJson({ keys: keys.map(wireOf) }));
  else
    terminal.result(
      keys.length === 0 ? 'No key has signed yet: no worker has started.' : keys.map(view).join('\n'),
    );
  return exitCodes.done;
};

/** `keys retire <id>`: ends a key of the installation, with an entry in its log. */
export const retireKeyCommand = async (
  id: string,
  { compromised, json }: { compromised?: boolean; json?: boolean },
  { settings, terminal }: Context,
): Promise<ExitCode> => {
  const end = compromised ? 'compromised' : 'retired';
  const keptCheckpoint = keptCheckpointIn(settings.dataDir);
  const key = await withMigrated(settings, (db, { now }) =>
    retireKey({ db, now: () => now, keptCheckpoint }, id, end),
  );
  terminal.result(json ? plainJson(wireOf(key)) : view(key));
  terminal.say(
    'A worker signs the entry within half a minute. Its signatures count for what the log held before, so people still need the public key. Its secret is not needed any more: remove it from the variable, or its file from the data directory.',
  );
  return exitCodes.done;
};
