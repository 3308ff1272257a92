import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#db/embedded/free-port.ts';
import { connectionOf } from '#db/embedded.ts';
import { variableNames } from '#env.ts';

const projectRoot = join(import.meta.dirname, '../../..');

/**
 * An environment without the tester's settings or those of a .env file. An empty variable counts as unset and overrides
 * files.
 */
export const plainEnvironment = (settings: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_ENV: 'production',
  // PATH belongs to the system; it is no setting.
  ...Object.fromEntries(variableNames.filter((name) => name !== 'PATH').map((name) => [name, ''])),
  ...settings,
});

export type Installation = {
  baseUrl: string;
  signInLink: string;
  dataDir: string;
  databaseUrl: string;
  process: ChildProcess;
  /** Sends SIGTERM, and SIGKILL after 20 s. */
  stop: () => Promise<void>;
};

/** Starts everything that `npm start` starts in a project's folder, with its own port and data directory. */
export const startInstallation = async (
  settings: Record<string, string> = {},
  folder = projectRoot,
): Promise<Installation> => {
  const dataDir = settings.DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'echelon-verify-e2e-')));
  // Under root, Postgres runs as another account and must be able to enter the folder.
  await chmod(dataDir, 0o711);
  const port = settings.PORT ?? String(await freePort());
  const program = spawn(
    process.execPath,
    [`--import=${join(folder, 'src/start/die-with-parent.ts')}`, 'src/start.ts'],
    {
      cwd: folder,
      env: plainEnvironment({ LOG_LEVEL: 'warn', ...settings, DATA_DIR: dataDir, PORT: port }),
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  const stop = async () => {
    if (program.exitCode === null && program.signalCode === null) {
      const exited = once(program, 'exit');
      program.kill('SIGTERM');
      const timer = setTimeout(() => program.kill('SIGKILL'), 20_000);
      await exited;
      clearTimeout(timer);
    }
    if (settings.DATA_DIR === undefined) {
      await rm(dataDir, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
    }
  };
  try {
    const signInLink = await new Promise<string>((resolve, reject) => {
      let said = '';
      const timer = setTimeout(() => reject(new Error(`The application did not start:\n${said}`)), 300_000);
      program.stdout?.on('data', (chunk) => {
        said = `${said}${chunk}`.slice(-20_000);
        const link = /^Sign in .*: (http\S+#link=\S+)\n/m.exec(said)?.[1];
        if (link === undefined) return;
        clearTimeout(timer);
        resolve(link);
      });
      program.once('exit', () => {
        clearTimeout(timer);
        reject(new Error(`The application did not start:\n${said}`));
      });
    });
    const connection = await connectionOf(dataDir);
    return {
      baseUrl: new URL(signInLink).origin,
      signInLink,
      dataDir,
      databaseUrl: connection.databaseUrl,
      process: program,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
