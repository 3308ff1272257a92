import { type GitOutcome, gitLimits, type RunGit } from '#verification/sources/git/runner.ts';
import { startChild } from '../children/start-child.ts';

const maxStderrLength = 16_000;
const openFiles = 4_096;

/**
 * Which limit ended git, by its signal or by what it says of itself or of a program it started. What a server says has
 * "remote: " before it.
 */
const limitReached = (signal: NodeJS.Signals | null, stderr: string): GitOutcome['stopped'] => {
  if (signal === 'SIGXCPU' || /^error: .* died of signal 24$/m.test(stderr)) return 'processor_time';
  if (/^(?:fatal|error): .*file too large/im.test(stderr)) return 'file_size';
  const exhausted =
    /^error: .* died of signal 9$|^(?:fatal|error): .*(?:out of memory|cannot allocate memory)/im;
  // The kernel kills what it has no more memory for.
  if (signal === 'SIGKILL' || exhausted.test(stderr)) return 'memory';
  return null;
};

/**
 * git as a child process. It gets only `searchPath` as PATH and the caller's `env`, so neither secrets nor git's own
 * variables of this process reach it. Rejects when git cannot be started, and with the signal's reason.
 */
export const gitRunner =
  ({ searchPath }: { searchPath: string }): RunGit =>
  async (args, { cwd, env, input, timeoutMs, silence, maxBytes, signal }) => {
    signal?.throwIfAborted();
    const child = await startChild('git', args, {
      searchPath,
      ...(cwd !== undefined && { cwd }),
      ...(env !== undefined && { env }),
      input: input !== undefined,
      limits: { ...gitLimits, cpuSeconds: Math.ceil(timeoutMs / 1000), openFiles },
    });
    return new Promise<GitOutcome>((resolve, reject) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      let stderr = '';
      let stopped: GitOutcome['stopped'] = null;
      const stop = (why: GitOutcome['stopped']) => {
        stopped ??= why;
        child.kill();
      };
      const abort = () => stop(null);
      const timer = setTimeout(() => stop('timeout'), timeoutMs);
      const silent = silence && setTimeout(() => stop('silence'), silence.afterMs);
      signal?.addEventListener('abort', abort, { once: true });
      // The signal may have been aborted while git was being started.
      if (signal?.aborted) abort();
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) stop('too_much_output');
        else chunks.push(chunk);
      });
      child.stderr.setEncoding('utf8');
      child.stderr.on('data', (text: string) => {
        stderr = (stderr + text).slice(-maxStderrLength);
        if (silence?.until.test(stderr)) clearTimeout(silent);
        else silent?.refresh();
      });
      child.process.on('close', (code, endedBy) => {
        clearTimeout(timer);
        clearTimeout(silent);
        signal?.removeEventListener('abort', abort);
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        if (code !== 0) stopped ??= limitReached(endedBy, stderr);
        resolve({ code: stopped === null ? code : null, stdout: Buffer.concat(chunks), stderr, stopped });
      });
      child.stdin?.end(input);
    });
  };
