import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Reads the files that Next reads, so that web server and worker see the same. A variable that is set wins. */
export const loadEnvironmentFiles = (folder: string): void => {
  for (const name of ['.env.local', '.env']) {
    const file = join(folder, name);
    if (existsSync(file)) process.loadEnvFile(file);
  }
};
