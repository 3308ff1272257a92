import { EnvironmentError } from '#env.ts';

/** Says why a program cannot start, and ends it. What is wrong with the environment says so itself. */
export const cannotStart = (program: string, error: unknown): never => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    error instanceof EnvironmentError ? `${message}\n` : `The ${program} cannot start: ${message}\n`,
  );
  process.exit(1);
};
