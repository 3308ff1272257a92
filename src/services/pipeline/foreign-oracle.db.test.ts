import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { type OracleType, oracleTypeNames } from '#contracts/oracle-types.ts';
import { startedRun } from '#testing/builders/started-run.ts';
import { startChatFake } from '#testing/fakes/oracles/chat-fake.ts';
import { startOracleFake } from '#testing/fakes/oracles/http-fake.ts';
import { startMcpFake } from '#testing/fakes/oracles/mcp-fake.ts';
import { waitingPorts } from '#testing/rigs/exchange-ports.ts';
import { pythonOracleOf, requirePython } from '#testing/rigs/python-rig.ts';
import { chatOracle } from '#verification/oracles/chat.ts';
import { httpOracle } from '#verification/oracles/http.ts';
import { mcpOracle } from '#verification/oracles/mcp.ts';
import type { Oracle } from '#verification/oracles/oracle.ts';
import { getPublicCertificate } from '../certificate/get.ts';

beforeAll(requirePython);

const ports = waitingPorts(fetch);
const headers = {};
const open = <Fake extends { close(): Promise<void> }>(fake: Fake): Fake => {
  onTestFinished(fake.close);
  return fake;
};

/** A run of this many changes, whose questions go to an oracle over the wire. */
const runOver = async (oracle: Oracle, limit: number) => {
  const at = await startedRun(
    {
      oracle: (request, _secrets, signal) => oracle.ask(request, signal),
      ...(oracle.look && { look: async () => (await oracle.look?.()) ?? null }),
    },
    { limit, minReplays: limit },
  );
  await at.pump();
  return { ...at, ended: await at.run() };
};

const closed: Record<OracleType, { open: () => Promise<Oracle>; says: RegExp }> = {
  http: {
    open: async () => {
      const { url } = open(await startOracleFake(() => ({ kind: 'status', status: 402 })));
      return httpOracle(ports, { url, headers });
    },
    says: /accepted no question \(status: The oracle answered 402\./,
  },
  chat: {
    open: async () => {
      const { url } = open(
        await startChatFake(() => ({ kind: 'error', status: 429, code: 'insufficient_quota' })),
      );
      return chatOracle(ports, { url, headers, model: 'model-1' });
    },
    says: /accepted no question \(quota_exhausted: .*quota is used up/,
  },
  mcp: {
    open: async () => {
      const { url } = open(await startMcpFake(() => ({ kind: 'expired' }), { tools: ['other'] }));
      return mcpOracle(ports, { url, headers, tool: 'review' });
    },
    says: /accepted no question \(unknown_tool: The server has no tool with this name/,
  },
  python: {
    open: async () => pythonOracleOf('def verify(change): return {}', { callable: 'absent' }),
    says: /cannot be reached.*\(not_loaded: The module "mine" has no "absent"/,
  },
};

test.each(oracleTypeNames)(
  'an oracle that lets no question in gets no certificate, and its judge few calls: %s',
  async (type) => {
    const { ended, calls } = await runOver(await closed[type].open(), 12);
    expect(ended).toMatchObject({ status: 'FAILED', certificateId: null, can: { resume: true } });
    expect(ended.error).toMatch(closed[type].says);
    const keys = calls.filter((call) => call.startsWith('answer_key'));
    expect(keys).toHaveLength(type === 'python' ? 0 : 5);
  },
);

const secret = 'sk-planted-4711';
const isBad = (text: string) => text.includes('retryLimit2 ');
const answer = { summary: 'It bounds retries.', key_claims: [], follow_up_response: '25' };

const failing: Record<OracleType, { open: () => Promise<Oracle>; kind: string; words: string | RegExp }> = {
  http: {
    open: async () => {
      const { url } = open(
        await startOracleFake(({ pr }) => ({
          kind: 'answer',
          answer: isBad(pr.diff_content) ? { error: `no model for ${secret}` } : answer,
        })),
      );
      return httpOracle(ports, { url, headers });
    },
    kind: 'malformed',
    words: secret,
  },
  chat: {
    open: async () => {
      const { url } = open(
        await startChatFake(({ messages }) =>
          isBad(JSON.stringify(messages))
            ? { kind: 'answer', answer: { error: `no model for ${secret}` } }
            : { kind: 'content', content: JSON.stringify(answer) },
        ),
      );
      return chatOracle(ports, { url, headers, model: 'model-1' });
    },
    kind: 'malformed',
    words: secret,
  },
  mcp: {
    open: async () => {
      const { url } = open(
        await startMcpFake(({ diff_content }) => ({
          kind: 'result',
          result: {
            content: [
              {
                type: 'text',
                text: JSON.stringify(isBad(String(diff_content)) ? { detail: `no ${secret}` } : answer),
              },
            ],
          },
        })),
      );
      return mcpOracle(ports, { url, headers, tool: 'review' });
    },
    kind: 'malformed',
    words: secret,
  },
  python: {
    open: async () =>
      pythonOracleOf(
        [
          'def verify(change):',
          '    if "retryLimit2 " in change["diff_content"]:',
          `        raise ValueError("key ${secret}")`,
          `    return ${JSON.stringify(answer)}`,
        ].join('\n'),
      ),
    kind: 'exception',
    words: /ValueError: key sk-planted-4711/,
  },
};

test.each(oracleTypeNames)(
  'anyone reads the kind of a failure, and only the run’s owner its words: %s',
  async (type) => {
    const { kind, words } = failing[type];
    const { ended, context } = await runOver(await failing[type].open(), 3);
    expect(ended).toMatchObject({ status: 'COMPLETED' });
    const certificate = await getPublicCertificate(context, ended.certificateId ?? '');
    expect(certificate.replayScores.map(({ oracleFailure }) => oracleFailure)).toEqual([null, kind, null]);
    expect(JSON.stringify(certificate)).not.toContain('planted');
    expect(ended.oracleFailures).toEqual([{ groundTruthId: '2', reason: expect.stringMatching(words) }]);
  },
);

test('an oracle that passes at first is asked again, and nothing counts against it', async () => {
  const seen = new Set<string>();
  const statuses = [429, 502, 503];
  const { url } = open(
    await startOracleFake(({ pr }) => {
      if (seen.has(pr.id)) return { kind: 'answer', answer };
      seen.add(pr.id);
      return { kind: 'status', status: statuses[seen.size % statuses.length] ?? 503 };
    }),
  );
  const { ended, context } = await runOver(httpOracle(ports, { url, headers }), 3);
  const { counts } = await getPublicCertificate(context, ended.certificateId ?? '');
  expect(counts).toMatchObject({ scored: 3, oracleFailures: 0, oracleRetries: 3 });
});
