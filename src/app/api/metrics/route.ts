import { getComposition } from '#composition.ts';
import { getMetrics } from '#rest/metrics.ts';

// The counts are the running process's, not the build's.
export const dynamic = 'force-dynamic';

export const GET = (request: Request) => {
  const { metrics, services } = getComposition();
  return getMetrics({ metrics, reachable: !services.policy.local }, request);
};
