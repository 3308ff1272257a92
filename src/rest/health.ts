import { judgeProviders } from '#contracts/judge.ts';
import type { ServiceContext } from '#services/context.ts';

/**
 * `GET /api/health`: the process serves. What is switched off or not configured is said, and is no illness: pages
 * and certificates are served without it.
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
