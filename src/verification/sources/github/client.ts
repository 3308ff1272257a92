import { Octokit } from '@octokit/core';
import { paginateRest } from '@octokit/plugin-paginate-rest';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import type { z } from 'zod';
import { cutText, storableText } from '#contracts/text.ts';
import type { RunGit } from '../git/runner.ts';
import { SourceError } from '../source.ts';

/** Limit for all waiting on GitHub's rate limits in one draw. */
const defaultMaxWaitMs = 15 * 60_000;
const requestTimeoutMs = 60_000;
const maxRedirects = 3;

export type GitHubAccess = {
  fetch: typeof globalThis.fetch;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  now: () => Date;
  apiUrl: string;
  owner: string;
  name: string;
  token: string | null;
  /** Reads diffs from git objects. Without it, or when git fails, each diff costs an API call. */
  objects?: GitObjectsAccess;
  maxWaitMs?: number;
  /** Pause before a failed request is repeated: this long, then 4 and 9 times as long. */
  retryBaseMs?: number;
};

/** A folder for a repository's objects and listing. */
export type RepositoryFolder = {
  path: string;
  /** Null when there is no such file. */
  read(file: string): Promise<string | null>;
  write(file: string, text: string): Promise<void>;
  /** Ends its use, and removes it if it is temporary. */
  close(): Promise<void>;
};

export type GitObjectsAccess = {
  runGit: RunGit;
  /** Where git repositories are cloned from: `<serverUrl>/<owner>/<name>.git`. */
  serverUrl: string;
  /** The folder kept under this key from draw to draw. Null: a temporary one. */
  openFolder: (key: string | null) => Promise<RepositoryFolder>;
  /** git's further configuration for reaching the server, for example its proxy. */
  connect?: (server: URL) => Promise<Record<string, string>>;
};

export type GitHubCalls = { signal?: AbortSignal; onProgress?: (message: string) => void };

type RequestFailure = {
  status: number;
  message: string;
  cause?: unknown;
  response?: { headers: Record<string, string | number | undefined> };
};
const isFailure = (error: unknown): error is RequestFailure & Error =>
  error instanceof Error && 'status' in error && typeof error.status === 'number';

const isLimit = ({ status, message, response }: RequestFailure) =>
  status === 429 ||
  (status === 403 &&
    (String(response?.headers['x-ratelimit-remaining']) === '0' ||
      response?.headers['retry-after'] !== undefined ||
      /rate limit/i.test(message)));

/**
 * Sits below the other plugins, closest to the network, and tells them what they cannot see: our own refusal is final,
 * and a limit that says how long to wait is a secondary one, however GitHub words it.
 */
const plainFaults = (octokit: Octokit) => {
  octokit.hook.error('request', (error) => {
    if (!isFailure(error)) throw error;
    if (error.cause instanceof SourceError) error.status = 400;
    else if (
      isLimit(error) &&
      String(error.response?.headers['x-ratelimit-remaining']) !== '0' &&
      !/\bsecondary rate\b/i.test(error.message)
    ) {
      error.message = `secondary rate limit: ${error.message}`;
    }
    throw error;
  });
};

const PatientOctokit = Octokit.plugin(plainFaults, throttling, retry, paginateRest);

const originOf = (url: string) => new URL(url).origin;

/**
 * The token goes only to the API's own origin. Requests to any other origin (a page link, a redirect) are refused
 * rather than sent without the token, since no answer from there can be trusted.
 */
const ownHostFetch = (access: GitHubAccess, calls: GitHubCalls): typeof globalThis.fetch => {
  const origin = originOf(access.apiUrl);
  const fetchOnce: typeof access.fetch = async (url, init) => {
    try {
      return await access.fetch(url, init);
    } catch (error) {
      // Octokit passes only this kind of error on without retrying.
      throw calls.signal?.aborted ? new DOMException('The draw was aborted', 'AbortError') : error;
    }
  };
  return async (input, init) => {
    let url = String(input);
    for (let redirects = 0; ; redirects += 1) {
      if (originOf(url) !== origin) {
        throw new SourceError(
          'unreachable',
          `GitHub's API at ${origin} pointed to another host, ${new URL(url).host}, which is not contacted. Check GITHUB_API_URL.`,
        );
      }
      const bounds = [AbortSignal.timeout(requestTimeoutMs), ...(calls.signal ? [calls.signal] : [])];
      const response = await fetchOnce(url, {
        ...init,
        redirect: 'manual',
        signal: AbortSignal.any(bounds),
      });
      const location = response.headers.get('location');
      if (![301, 302, 307, 308].includes(response.status) || location === null || redirects >= maxRedirects) {
        return response;
      }
      await response.body?.cancel();
      url = new URL(location, url).href;
    }
  };
};

const clockTime = (date: Date) => `${date.toISOString().slice(11, 16)} UTC`;

/** An Octokit for one draw. It waits for GitHub's limits up to the bound, and logs nothing. */
export const openGitHub = (access: GitHubAccess, calls: GitHubCalls) => {
  const { maxWaitMs = defaultMaxWaitMs, retryBaseMs = 1_000 } = access;
  let waitedMs = 0;
  const wait = async (seconds: number): Promise<boolean> => {
    const ms = Math.max(seconds, 1) * 1_000;
    if (waitedMs + ms > maxWaitMs) return false;
    waitedMs += ms;
    calls.onProgress?.(
      `Waiting for GitHub's limit until ${clockTime(new Date(access.now().getTime() + ms))}`,
    );
    await access.sleep(ms, calls.signal);
    return true;
  };
  const silent = () => {};
  return new PatientOctokit({
    baseUrl: access.apiUrl,
    userAgent: 'echelon-verify',
    ...(access.token !== null && { auth: access.token }),
    request: {
      fetch: ownHostFetch(access, calls),
      log: { debug: silent, info: silent, warn: silent, error: silent },
    },
    log: { debug: silent, info: silent, warn: silent, error: silent },
    throttle: {
      id: `${access.apiUrl} ${access.owner}/${access.name}`,
      onRateLimit: wait,
      onSecondaryRateLimit: wait,
      // The handlers have already waited, in a way that the signal can end. The plugin's own timer adds nothing.
      retryAfterBaseValue: 0,
    },
    retry: {
      doNotRetry: [400, 401, 403, 404, 406, 409, 410, 422, 429, 451],
      retryAfterBaseValue: retryBaseMs,
    },
  });
};

/** Unknown and forbidden give the same answer, as on GitHub itself. */
const unknownRepository = ({ owner, name, token }: GitHubAccess): SourceError =>
  new SourceError(
    'not_found',
    token === null
      ? `${owner}/${name} does not exist on GitHub or is private: check the name, or give a token that may read it.`
      : `${owner}/${name} does not exist on GitHub, or the token may not read it. Check the name and the token's rights.`,
  );

/** GitHub's advice for a limit that does not say when it ends. */
const unstatedLimitMs = 60_000;

/** How long GitHub asks to wait, by its own clock. */
const limitMs = ({ response }: RequestFailure, now: Date): number => {
  const header = (name: string) => response?.headers[name];
  const seconds = Number(header('retry-after') ?? Number.NaN);
  if (seconds >= 0) return seconds * 1_000;
  const reset = Number(header('x-ratelimit-reset') ?? Number.NaN) * 1_000;
  if (String(header('x-ratelimit-remaining')) !== '0' || Number.isNaN(reset)) return unstatedLimitMs;
  const answeredAt = Date.parse(String(header('date')));
  return Math.max(0, reset - (Number.isNaN(answeredAt) ? now.getTime() : answeredAt)) + 1_000;
};

/** GitHub's answer as an error for the run's owner. It never contains the token. */
export const gitHubError = (error: unknown, access: GitHubAccess): SourceError => {
  if (error instanceof SourceError) return error;
  const repository = `${access.owner}/${access.name}`;
  const host = new URL(access.apiUrl).host;
  if (!isFailure(error)) {
    return new SourceError(
      'unreachable',
      `${host} gave an answer that is not from GitHub's API. Check GITHUB_API_URL.`,
      { retryable: true, cause: error },
    );
  }
  if (error.cause instanceof SourceError) return error.cause;
  const clean = cutText(storableText(error.message), 300);
  const said = access.token === null ? clean : clean.replaceAll(access.token, '[REDACTED]');
  if (error.response === undefined) {
    return new SourceError('unreachable', `GitHub's API at ${host} could not be reached: ${said}`, {
      retryable: true,
    });
  }
  if (isLimit(error)) {
    const advice =
      access.token === null
        ? 'Give a GitHub token, which allows 5,000 requests an hour instead of 60, or try again later.'
        : 'Try again later, or with a lower limit.';
    return new SourceError(
      'rate_limited',
      `GitHub's rate limit was reached, and waiting for it would take too long. ${advice}`,
      { retryable: true, retryAfterMs: limitMs(error, access.now()) },
    );
  }
  switch (error.status) {
    case 401:
      return new SourceError(
        'unauthorized',
        'GitHub refused the token: it is wrong, expired or revoked. Give a valid one.',
      );
    case 403:
      return new SourceError(
        'unauthorized',
        `GitHub does not let ${access.token === null ? 'anonymous readers' : 'this token'} read ${repository}: ${said}. Give a token that may read its pull requests.`,
      );
    case 404:
    case 410:
      return unknownRepository(access);
    case 451:
      return new SourceError(
        'not_found',
        `GitHub has blocked ${repository} for legal reasons. Choose another repository.`,
      );
  }
  return new SourceError(
    'unreachable',
    `GitHub's API at ${host} failed with status ${error.status}. Try again later.`,
    { retryable: true },
  );
};

/** The status of a failed request that got an answer. Null for every other fault. */
export const answeredStatus = (error: unknown): number | null =>
  isFailure(error) && error.response !== undefined && !isLimit(error) ? error.status : null;

/** GitHub's "not modified" answer to a conditional request, which Octokit throws. */
export const isNotModified = (error: unknown): boolean => isFailure(error) && error.status === 304;

/** Parses an answer in its documented form. Any other fields are ignored. */
export const readAnswer = <T extends z.ZodType>(schema: T, data: unknown): z.infer<T> => {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new SourceError(
    'unreachable',
    "GitHub's API answered in a form that it does not document. Check GITHUB_API_URL, or try again later.",
    { retryable: true },
  );
};
