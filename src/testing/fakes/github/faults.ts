import { type Answer, documentation, json, problem } from './http.ts';

/** What the next matching request gets instead of its answer. It is used once. */
export type GitHubFault = { path?: RegExp } & (
  | { kind: 'primary_limit'; status: 403 | 429; resetInSeconds: number }
  | { kind: 'secondary_limit'; status: 403 | 429; retryAfterSeconds: number; message?: string }
  | { kind: 'status'; status: number; message: string }
  | { kind: 'raw'; contentType: string; body: string }
  | { kind: 'next_page'; url: string }
  | { kind: 'redirect'; status: 301 | 302 | 307; location: string }
  | { kind: 'hang_up' }
);

/** A fault's answer, or `hang_up` if the connection breaks instead. */
export const answerFault = (fault: GitHubFault): Answer | 'hang_up' => {
  const resetAt = (seconds: number) => String(Math.floor(Date.now() / 1000) + seconds);
  switch (fault.kind) {
    case 'primary_limit':
      return {
        ...problem(
          fault.status,
          "API rate limit exceeded for 192.0.2.1. (But here's the good news: Authenticated requests get a higher rate limit.)",
        ),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'x-ratelimit-limit': '60',
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': resetAt(fault.resetInSeconds),
        },
      };
    case 'secondary_limit':
      return {
        ...problem(
          fault.status,
          fault.message ??
            'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        ),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'retry-after': String(fault.retryAfterSeconds),
        },
      };
    case 'status':
      return problem(fault.status, fault.message);
    case 'raw':
      return { status: 200, headers: { 'content-type': fault.contentType }, body: fault.body };
    case 'next_page':
      return json(200, [], { link: `<${fault.url}>; rel="next"` });
    case 'redirect':
      return {
        status: fault.status,
        headers: { 'content-type': 'application/json; charset=utf-8', location: fault.location },
        body: JSON.stringify({
          message: 'Moved Permanently',
          url: fault.location,
          documentation_url: documentation,
        }),
      };
    case 'hang_up':
      return 'hang_up';
  }
};
