import { spawn } from 'node:child_process';
import { faultCode } from '#contracts/errors.ts';
import type { GitOutcome, RunGit } from '#verification/sources/git/runner.ts';

const maxStderrLength = 16_000;

/** Kills git and the processes it started (transports, packers): they share the group that `detached` made. */
const killGroup = (pid: number | undefined) => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // The group may have ended between the decision and the signal.
    if (faultCode(error) !== 'ESRCH') throw error;
  }
};

/**
 * git as a child process. It gets only `searchPath` as PATH and the caller's `env`, so neither secrets nor git's own
 * variables of this process reach it. Rejects when git cannot be started, and with the signal's reason.
 */
export const gitRunner =
  ({ searchPath }: { searchPath: string }): RunGit =>
  (args, { cwd, env, input, timeoutMs, maxBytes, signal }) =>
    new Promise<GitOutcome>((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      // Next's augmented ProcessEnv type requires a variable that the child must not see.
      const child = spawn('git', args, {
        ...(cwd !== undefined && { cwd }),
        env: { ...env, PATH: searchPath } as unknown as NodeJS.ProcessEnv,
        detached: true,
        stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      });
      const { stdin, stdout, stderr: problems } = child;
      if (stdout === null || problems === null) throw new Error('git was started without pipes.');
      // It may end before it has read everything. Its exit code then gives the reason.
      stdin?.on('error', () => undefined);
      stdin?.end(input);
      const chunks: Buffer[] = [];
      let bytes = 0;
      let stderr = '';
      let stopped: GitOutcome['stopped'] = null;
      const stop = (why: GitOutcome['stopped']) => {
        stopped ??= why;
        killGroup(child.pid);
      };
      const abort = () => stop(null);
      const timer = setTimeout(() => stop('timeout'), timeoutMs);
      signal?.addEventListener('abort', abort, { once: true });
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) stop('too_much_output');
        else chunks.push(chunk);
      });
      problems.setEncoding('utf8');
      problems.on('data', (text: string) => {
        stderr = (stderr + text).slice(-maxStderrLength);
      });
      child.on('error', (error) => {
        settle();
        reject(error);
      });
      child.on('close', (code) => {
        settle();
        if (signal?.aborted) reject(signal.reason);
        else
          resolve({ code: stopped === null ? code : null, stdout: Buffer.concat(chunks), stderr, stopped });
      });
    });
