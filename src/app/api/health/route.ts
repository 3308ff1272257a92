import { getComposition } from '#composition.ts';
import { getHealth } from '#rest/health.ts';

// The answer does not depend on the request, but on the running process, not on the build.
export const dynamic = 'force-dynamic';

export const GET = () => getHealth(getComposition());
