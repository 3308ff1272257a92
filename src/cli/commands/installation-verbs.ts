import type { Command, Option } from 'commander';
import { installationOptions, jsonOption } from '../options.ts';
import type { Settings } from '../settings.ts';
import type { InstallationOptions } from './installation.ts';

/** The options as given. Without an address they mean the environment's installation. */
export type Unlocated<Options extends InstallationOptions> = Omit<Options, 'url'> & { url?: string };

/** What the commands of a group have in common if each asks an installation. */
export const installationVerbs = (group: Command, readSettings: () => Settings) => ({
  verb: (name: string, description: string, options: Option[] = []): Command => {
    const command = group.command(name).description(description);
    for (const option of [...options, ...installationOptions(), jsonOption()]) command.addOption(option);
    return command;
  },
  located: <Options extends { url?: string }>(options: Options) => ({
    ...options,
    url: options.url ?? readSettings().installationUrl,
  }),
});
