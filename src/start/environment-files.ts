import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Reads the files that Next reads too, so that the worker knows what the web server knows. A set variable wins. */
export const loadEnvironmentFiles = (folder: string): void => {
  for (const name of ['.env.local', '.env']) {
    const file = join(folder, name);
    if (existsSync(file)) process.loadEnvFile(file);
  }
};
