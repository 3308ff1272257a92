export const documentation = 'https://docs.github.com/rest';

export type Answer = { status: number; headers?: Record<string, string>; body: string | Uint8Array };

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(value),
});

/** An error in GitHub's form. */
export const problem = (status: number, message: string, more: Record<string, unknown> = {}) =>
  json(status, { message, documentation_url: documentation, status: String(status), ...more });
