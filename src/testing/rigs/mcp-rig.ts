import { onTestFinished } from 'vitest';
import type { OracleRequest } from '#contracts/oracle.ts';
import { type McpOracleOptions, mcpOracle } from '#verification/oracles/mcp.ts';
import {
  type McpBehaviour,
  type McpFake,
  type McpFakeOptions,
  startMcpFake,
} from '../fakes/oracles/mcp-fake.ts';
import { inTurn, notingPorts } from './exchange-ports.ts';

export const request: OracleRequest = {
  pr: { id: '142', title: 'T', description: 'D', diff_content: '+x\ud800', files_changed: ['a.ts'] },
  follow_up_question: 'Why?',
};
export const json = '{"summary": "fine", "key_claims": ["The limit is 5."], "follow_up_response": "5"}';
export const goodAnswer = {
  summary: 'fine',
  keyClaims: [{ claim: 'The limit is 5.', confidence: null }],
  followUpResponse: '5',
};
export const text = (...texts: string[]) => ({
  content: texts.map((part) => ({ type: 'text', text: part })),
});
export const good = { kind: 'result', result: text(json) } satisfies McpBehaviour;

type Options = Partial<McpOracleOptions> & { server?: McpFakeOptions };

/** The oracle with the fake’s behaviours in turn (the last one repeats). Waits are recorded instead of waited. */
export const oracleOver = async (
  behaviours: McpBehaviour[],
  { server, ...options }: Options = {},
  limitEndsAt?: (body: string) => boolean,
) => {
  const fake = await startMcpFake(inTurn(behaviours, good), server);
  onTestFinished(fake.close);
  const timeoutMs = options.timeoutMs ?? 600_000;
  // Ending a session has its own limit.
  const { ports, waits } = notingPorts((ms, signal) => ms === timeoutMs || signal !== undefined, limitEndsAt);
  const oracle = mcpOracle(ports, {
    url: `${fake.url}?key=hush`,
    headers: {},
    tool: 'review',
    ...options,
    timeoutMs,
  });
  return { oracle, fake, waits };
};

export const ask = async (...over: Parameters<typeof oracleOver>) => {
  const { oracle, fake, waits } = await oracleOver(...over);
  return { outcome: await oracle.ask(request), fake, waits };
};

/** What the server received, by method. */
export const steps = ({ received }: McpFake) => received.map(({ method, rpcMethod }) => rpcMethod ?? method);
