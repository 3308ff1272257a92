import { createHash, timingSafeEqual } from 'node:crypto';

export type MetricsContext = {
  metrics: { scrape: () => Promise<{ contentType: string; text: string }>; token: string | null };
  /** Whether they may be read without a token: on the listener that its operator opened for them. */
  listener: boolean;
};

const digest = (text: string) => createHash('sha256').update(text).digest();

const refuse = (status: number, detail: string, headers: Record<string, string> = {}) =>
  Response.json({ detail }, { status, headers: { 'cache-control': 'no-store', ...headers } });

/**
 * `GET /api/metrics`, and a worker's `/metrics`, in Prometheus text format. They show how much an installation is used,
 * so they need METRICS_TOKEN. If none is configured, only the listener at METRICS_HOST and METRICS_PORT answers.
 */
export const getMetrics = async (
  { metrics: { scrape, token }, listener }: MetricsContext,
  request: Request,
): Promise<Response> => {
  if (token === null && !listener) return refuse(404, 'There is nothing here.');
  if (token !== null) {
    const given = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
    // Digests have one length, so the comparison takes the same time for every guess.
    if (!timingSafeEqual(digest(given), digest(token)))
      return refuse(401, 'Send METRICS_TOKEN as Authorization: Bearer <token>.', {
        'www-authenticate': 'Bearer',
      });
  }
  const { contentType, text } = await scrape();
  return new Response(text, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } });
};
