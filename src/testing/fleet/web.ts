import { eq } from 'drizzle-orm';
import type { RunRequest } from '#contracts/run-request.ts';
import { freePort } from '#db/embedded/free-port.ts';
import { verificationRuns } from '#db/schema/runs.ts';
import type { Actor, ServiceContext } from '#services/ground/index.ts';
import { createRun } from '#services/run/index.ts';
import { answers } from '#start/address.ts';
import { fullToken } from '../rigs/full-token.ts';
import { eventually } from './eventually.ts';
import { type FleetProgram, startFleetProgram } from './program.ts';

const acceptedWithinMs = 180_000;

/** Submits a run once. Rejects if it is unknown whether the run was accepted. */
export type SendRun = (request: RunRequest) => Promise<unknown>;

/**
 * The built web application as a process, and a sender that uses its tRPC interface, which lets runs have a seed.
 */
export const startWeb = async (
  context: ServiceContext,
  owner: Actor,
  settings: Record<string, string>,
): Promise<{ program: FleetProgram; send: SendRun }> => {
  const port = String(await freePort());
  const baseUrl = `http://127.0.0.1:${port}`;
  const program = startFleetProgram(
    ['src/start/web.ts'],
    {
      ...settings,
      PORT: port,
      NEXTAUTH_URL: baseUrl,
      NEXT_TELEMETRY_DISABLED: '1',
    },
    /is ready/,
  );
  try {
    const answered = await answers(`${baseUrl}/api/health`, 180_000, new AbortController().signal);
    if (!answered) throw new Error(`The web server does not answer:\n${program.said()}`);
    const token = await fullToken(context, owner);
    const send: SendRun = async (request) => {
      const response = await fetch(`${baseUrl}/api/trpc/run.create`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(request),
        signal: AbortSignal.timeout(10_000),
      });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    };
    return { program, send };
  } catch (error) {
    await program.end(0);
    throw error;
  }
};

/** A sender within this process. */
export const sendHere =
  (context: ServiceContext, owner: Actor): SendRun =>
  (request) =>
    createRun(context, owner, request);

/** Submits a run until it is in the database. Its construct shows whether an earlier submission arrived. */
export const acceptRun = (context: ServiceContext, send: SendRun, request: RunRequest): Promise<unknown> =>
  eventually(
    `The acceptance of ${request.constructId}`,
    async () => {
      const stored = () =>
        context.db.$count(verificationRuns, eq(verificationRuns.constructId, request.constructId));
      if ((await stored()) === 0) await send(request);
      return stored();
    },
    (runs) => runs > 0,
    { withinMs: acceptedWithinMs },
  );
