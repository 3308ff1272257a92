import { getComposition } from '#composition.ts';
import { getMetrics } from '#rest/metrics.ts';

// The counts are the running process's, not the build's.
export const dynamic = 'force-dynamic';

export const GET = (request: Request) => {
  const { metrics } = getComposition();
  return getMetrics({ metrics, listener: false }, request);
};
