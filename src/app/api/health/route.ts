import { getComposition } from '#composition.ts';
import { getHealth } from '#rest/health.ts';

// Nothing here depends on the request, and the answer is the running process's own, not the build's.
export const dynamic = 'force-dynamic';

export const GET = () => getHealth(getComposition());
