import { getComposition } from '#composition.ts';
import { getReady } from '#rest/health.ts';

export const dynamic = 'force-dynamic';

export const GET = () => getReady(getComposition());
