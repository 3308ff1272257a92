import { EnvironmentError } from '#env.ts';

/** Says why a program cannot start, and exits. An EnvironmentError's message is complete as it is. */
export const cannotStart = (program: string, error: unknown): never => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    error instanceof EnvironmentError ? `${message}\n` : `The ${program} cannot start: ${message}\n`,
  );
  process.exit(1);
};
