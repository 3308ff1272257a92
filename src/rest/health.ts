import { judgeProviders } from '#contracts/judge-providers.ts';
import type { Readiness, ServiceContext } from '#services/ground/index.ts';

/**
 * `GET /api/health`: the process serves. It reports what is switched off or not configured, but stays ok: pages and
 * certificates are served without it.
 */
export const getHealth = ({ services: { policy } }: { services: Pick<ServiceContext, 'policy'> }): Response =>
  Response.json(
    {
      status: 'ok',
      engine: policy.engineEnabled ? 'on' : 'off',
      judges: Object.fromEntries(
        judgeProviders.map((provider) => {
          const { unavailable } = policy.judges[provider];
          return [provider, unavailable === null ? 'available' : `unavailable: ${unavailable}`];
        }),
      ),
    },
    { headers: { 'cache-control': 'no-store' } },
  );

/** `GET /api/ready`: whether this process can do its work. A 503 says what is missing. */
export const getReady = async ({ ready }: { ready: () => Promise<Readiness> }): Promise<Response> => {
  const readiness = await ready();
  return Response.json(
    { status: readiness.ready ? 'ready' : 'not ready', checks: readiness.checks },
    { status: readiness.ready ? 200 : 503, headers: { 'cache-control': 'no-store' } },
  );
};
