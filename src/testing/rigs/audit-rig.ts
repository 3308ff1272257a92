import type { AuditLabel } from '#contracts/audit.ts';
import { AppError } from '#contracts/errors.ts';
import { auditTask, labelClaim } from '#services/audit/index.ts';
import { type OwnersRig, ownersRig } from './owners-rig.ts';
import { changeNumbers, drawOf, type Script } from './scripted-engine.ts';

/** Jobs with an even number are bounded, and the judge knows it. Their waiting it supports wherever it is told of it. */
export const isTrueClaim = (claim: string) =>
  claim.startsWith('Attempts') && Number(claim.match(/\d+/)?.[0]) % 2 === 0;

const quoteOf = (id: string) => `export const retryLimit${id} = 25;`;

/** Two claims for each change, which no folding joins, and a judge that is right about the first kind only. */
export const auditScript: Script = {
  draw: async ({ limit }) => drawOf(changeNumbers(limit)),
  oracle: async ({ pr }) => {
    const number = pr.diff_content.match(/job-(\d+)/)?.[1];
    return {
      kind: 'answer',
      answer: {
        summary: 'A job gives up after a bounded number of attempts.',
        keyClaims: [
          { claim: `Attempts of the task ${number} have bounds nowadays`, confidence: null },
          { claim: `Waiting of the task ${number} grows steadily`, confidence: null },
        ],
        followUpResponse: 'Twenty-five.',
      },
      latencyMs: 5,
      retries: 0,
    };
  },
  judge: async (task, { id }) =>
    task.measure !== 'precision'
      ? undefined
      : {
          ok: true,
          model: 'offline-1',
          usage: {
            calls: 1,
            estimatedCalls: 0,
            inputTokens: 1,
            cacheWriteTokens: 0,
            cacheReadTokens: 0,
            outputTokens: 1,
            costUsd: 0,
          },
          latencyMs: 10,
          retries: 0,
          answer: {
            changes: [],
            question: null,
            variants: [],
            verdicts: task.claims.map((claim) =>
              isTrueClaim(claim.text) || claim.text.startsWith('Waiting')
                ? { id: claim.id, verdict: 'supported', quote: quoteOf(id) }
                : { id: claim.id, verdict: 'not_supported', quote: '' },
            ),
          },
        },
};

/** A completed run of 30 changes, unless given otherwise: 60 claims, of which 45 are supported and 15 true. */
export const completedForAudit = async (changed: Script = {}, changes = 30) => {
  const at = await ownersRig({ ...auditScript, ...changed });
  return { at, ...(await at.complete({ limit: changes, minReplays: changes })) };
};

export const auditRefusal = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error) => (error instanceof AppError ? [error.code, error.message] : error),
  );

/** Labels every claim that has no label. */
export const labelAll = async (
  { context, owner }: Pick<OwnersRig, 'context' | 'owner'>,
  id: string,
  rule: (text: string) => AuditLabel,
) => {
  for (let turn = 0; turn < 50; turn += 1) {
    const task = await auditTask(context, owner, { id });
    if (task === null) return;
    const [text = ''] = task.texts;
    await labelClaim(context, owner, { id, position: task.position, label: rule(text) });
  }
  throw new Error('The audit has no end.');
};

export const truthfully = (text: string): AuditLabel => (isTrueClaim(text) ? 'true' : 'false');
