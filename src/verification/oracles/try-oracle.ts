import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleFailure, OracleOutcome } from '#contracts/oracle.ts';
import type { OracleTrial } from '#contracts/run.ts';
import { removeCopiedPassages } from '../text/copied-passages.ts';
import { type FoldedClaim, foldClaims } from '../text/fold-claims.ts';
import {
  judgedAnswer,
  maxClaimCharacters,
  maxClaims,
  maxResponseCharacters,
  maxSummaryCharacters,
} from '../text/judged-answer.ts';
import type { Oracle } from './oracle.ts';
import { oracleRequest } from './oracle-request.ts';

/** No judge is available to write a question for the change. This one is as factual as those of a run. */
export const trialQuestion = 'Which file does this change touch first, and what is changed there?';

/** A slower answer makes a run long, and is halfway to the time limit. */
const slowMs = 60_000;

type Remark = OracleTrial['remarks'][number];

/** What to do about an oracle that lets no question in, by status. */
const adviceByStatus: Record<number, string> = {
  401: 'It asks who calls: give its key in a header, such as Authorization: Bearer …, and check that the key is still good.',
  402: 'It asks for money: add credit to the account that its key belongs to, or give the key of another account.',
  403: 'It knows the caller and refuses: check what its key may do, and whether a firewall or a list of addresses keeps this verifier out.',
  404: 'It has nothing at this address: check the path, and the model’s name if it has models.',
  405: 'It takes no POST at this address: check the path.',
  407: 'A proxy before it asks who calls: give the address of the oracle itself.',
  410: 'It is no longer at this address: ask whoever runs it for the new one.',
  415: 'It does not take JSON at this address: check the path and the oracle’s type.',
  501: 'It does not do what is asked at this address: check the path and the oracle’s type.',
};

const adviceOn = ({ reason, status }: OracleFailure): string | undefined => {
  if (reason === 'quota_exhausted') return adviceByStatus[402];
  if (reason === 'unknown_tool') return 'Give the name of a tool that the server lists.';
  return status === undefined ? undefined : adviceByStatus[status];
};

const failureText = (failure: OracleFailure): string =>
  [failure.detail, adviceOn(failure)].filter((text) => text !== undefined).join(' ');

/** How many claims are folded as restatements. */
const restatedIn = (folded: FoldedClaim[]): number =>
  folded.filter(({ restatement }) => restatement).flatMap(({ members }) => members).length;

/** Of a judge that follows a rule, the facts that a text states about a change. It counts claims that state one singly. */
export type RuleFacts = (groundTruth: GroundTruth) => (text: string) => string[];

/** Remarks on an oracle's answer in plain words: what a run would score 0, and what lowers the score. */
export const reviewOutcome = (
  outcome: OracleOutcome,
  groundTruth: GroundTruth,
  ruleFacts: RuleFacts,
): Remark[] => {
  if (outcome.kind === 'failure') return [{ level: 'error', text: failureText(outcome) }];
  const remarks: Remark[] = [];
  const warn = (text: string) => remarks.push({ level: 'warning', text });
  const { summary, keyClaims, followUpResponse } = outcome.answer;
  const judged = judgedAnswer(outcome.answer);
  if (summary.trim() === '') warn('summary is empty: no change can be found in it, so recall will be 0.');
  else {
    if (judged.cut.summaryCharacters > 0)
      warn(`summary has ${summary.length} characters; only the first ${maxSummaryCharacters} are judged.`);
    const kept = removeCopiedPassages(judged.summary, groundTruth.diff);
    if (kept.copiedCharacters > 0)
      warn('summary contains passages copied from the diff; they are removed before recall is judged.');
  }
  if (keyClaims.length === 0) warn('key_claims is empty: precision will be 0.');
  else {
    const folded = foldClaims(judged.keyClaims, groundTruth);
    if (judged.cut.claims > 0)
      warn(`key_claims has ${keyClaims.length} claims; only the first ${maxClaims} are judged.`);
    const long = keyClaims.filter(({ claim }) => claim.length > maxClaimCharacters).length;
    if (long > 0)
      warn(
        `${long} of the claims are longer than ${maxClaimCharacters} characters; the rest of each is not judged.`,
      );
    const restated = restatedIn(folded);
    const byRule = restatedIn(foldClaims(judged.keyClaims, groundTruth, ruleFacts(groundTruth)));
    if (restated > 0)
      warn(
        `${restated} of the ${keyClaims.length} claims only repeat the diff, the title or the description; ${
          byRule === restated
            ? 'all of these count as one claim.'
            : `under a model judge all of these count as one claim. The offline check counts ${restated - byRule} of them singly, because they state facts that it can decide.`
        }`,
      );
    const repeated = folded
      .filter(({ restatement }) => !restatement)
      .reduce((count, { members }) => count + members.length - 1, 0);
    if (repeated > 0) warn(`${repeated} of the claims repeat another in the same words; they count once.`);
  }
  if (followUpResponse.trim() === '')
    warn('follow_up_response is empty: the reply to the question will be judged as no answer.');
  else if (judged.cut.responseCharacters > 0)
    warn(
      `follow_up_response has ${followUpResponse.length} characters; only the first ${maxResponseCharacters} are judged.`,
    );
  if (outcome.latencyMs > slowMs)
    warn(`The answer took ${Math.round(outcome.latencyMs / 1000)} seconds; a run waits at most 120.`);
  return remarks;
};

/** Asks an oracle about one change as a run would (`blinding`: see `oracleRequest`), and reviews its answer. */
export const tryOracle = async (
  oracle: Oracle,
  groundTruth: GroundTruth,
  { blinding, ruleFacts, signal }: { blinding: string | null; ruleFacts: RuleFacts; signal: AbortSignal },
): Promise<OracleTrial> => {
  const outcome = await oracle.ask(oracleRequest(groundTruth, trialQuestion, blinding), signal);
  const { id, title, url, filesChanged } = groundTruth;
  return {
    change: { id, title, url, filesChanged: filesChanged.length },
    question: trialQuestion,
    answer: outcome.kind === 'answer' ? outcome.answer : null,
    latencyMs: outcome.latencyMs,
    retries: outcome.retries,
    remarks: reviewOutcome(outcome, groundTruth, ruleFacts),
  };
};
