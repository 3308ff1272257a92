import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunConfig } from '#contracts/run.ts';
import { fileSource } from '#verification/sources/file.ts';
import { type CloneOptions, clonedGitSource } from '#verification/sources/git/clone.ts';
import { gitSource } from '#verification/sources/git/git.ts';
import type { RunGit } from '#verification/sources/git/runner.ts';
import { githubSource } from '#verification/sources/github/github.ts';
import type { GroundTruthSource } from '#verification/sources/source.ts';
import { gitAuthorities } from './git/authorities.ts';
import { repositoryFolders, temporaryFolders } from './git/repository-folders.ts';
import { sampleSource } from './git/sample-source.ts';
import { gitProxy, type ProxySettings } from './network/proxies.ts';

/** Where ground truth comes from: sources that a run may name, and those that only the user of this machine may. */
export type SourceChoice =
  | RunConfig['source']
  | { kind: 'path'; path: string; name: string }
  | { kind: 'file'; path: string; name: string };

export type SourceSettings = {
  githubApiUrl: string;
  /** Base URL for cloning GitHub's repositories. */
  githubServerUrl: string;
  /** The folder for repositories' git objects. */
  repositoriesDir: string;
  /** The clock of all processes that use that folder. */
  now: () => Date;
  /** The folder of this project, with its history if it was cloned. */
  projectDir: string;
  /** How long a draw waits in place for GitHub's limits. Without it, a quarter of an hour. */
  limitWaitMs?: number;
  /** Only for GitHub's API. */
  fetch: typeof fetch;
  /** For GitHub's git. */
  proxies: ProxySettings;
  /** The file of authorities that are trusted beside the usual ones: `NODE_EXTRA_CA_CERTS`. */
  extraAuthorities: string | null;
  runGit: RunGit;
  /** Which addresses may be cloned, and by which transports. */
  cloning: Pick<CloneOptions, 'allowedProtocols' | 'guard'>;
};

type Choices = { [Choice in SourceChoice as Choice['kind']]: Choice };
type Kind = keyof Choices;
type Openers = {
  [K in Kind]: (choice: Choices[K], settings: SourceSettings, token: string | null) => GroundTruthSource;
};

const authoritiesOf = ({ extraAuthorities, repositoriesDir }: SourceSettings) =>
  gitAuthorities(extraAuthorities, join(dirname(repositoriesDir), 'authorities.pem'));

const readText = (path: string) => readFile(path, 'utf8');

const openers: Openers = {
  github: ({ owner, name }, settings, token) =>
    githubSource({
      fetch: settings.fetch,
      sleep: async (ms, signal) => {
        await delay(ms, undefined, signal && { signal });
      },
      now: () => new Date(),
      ...(settings.limitWaitMs !== undefined && { maxWaitMs: settings.limitWaitMs }),
      apiUrl: settings.githubApiUrl,
      owner,
      name,
      token,
      objects: {
        runGit: settings.runGit,
        serverUrl: settings.githubServerUrl,
        openFolder: repositoryFolders(settings.repositoriesDir, settings.now),
        connect: async (server) => ({
          ...gitProxy(server, settings.proxies),
          ...(await authoritiesOf(settings)),
        }),
      },
    }),
  git: ({ url }, settings) =>
    clonedGitSource({
      runGit: settings.runGit,
      ...temporaryFolders,
      url,
      ...settings.cloning,
      guard: async (address) => ({
        ...(await settings.cloning.guard?.(address)),
        ...(await authoritiesOf(settings)),
      }),
    }),
  sample: (_, { runGit, projectDir }) => sampleSource({ ...temporaryFolders, runGit, readText, projectDir }),
  path: ({ path, name }, { runGit }) => gitSource({ ...temporaryFolders, runGit, path, name }),
  file: ({ path, name }) => fileSource({ readText, path, name }),
};

/**
 * Opens a source on this machine's network, disk and clock.
 * @param token for GitHub's API; null: it is asked without one.
 */
export const openSource = <K extends Kind>(
  settings: SourceSettings,
  choice: Choices[K] & { kind: K },
  token: string | null,
): GroundTruthSource => openers[choice.kind](choice, settings, token);
