import type { JudgedAnswer, OracleAnswer } from '#contracts/oracle.ts';
import { cutText } from '#contracts/text.ts';

/**
 * How much of an oracle's answer is judged (methodology, "One replay", point 2). Characters are UTF-16 code units, and
 * each claim has its own limit.
 */
export const maxSummaryCharacters = 2000;
export const maxClaims = 50;
export const maxClaimCharacters = 500;
export const maxResponseCharacters = 1000;

/**
 * The part of an answer that is judged, with counts of what was cut. The rest can never count, so it is not stored: an
 * answer may have a megabyte.
 */
export const judgedAnswer = ({ summary, keyClaims, followUpResponse }: OracleAnswer): JudgedAnswer => {
  const counted = keyClaims.slice(0, maxClaims);
  const judged: OracleAnswer = {
    summary: cutText(summary, maxSummaryCharacters),
    keyClaims: counted.map(({ claim, confidence }) => ({
      claim: cutText(claim, maxClaimCharacters),
      confidence,
    })),
    followUpResponse: cutText(followUpResponse, maxResponseCharacters),
  };
  const charactersOf = (claims: OracleAnswer['keyClaims']) =>
    claims.reduce((sum, { claim }) => sum + claim.length, 0);
  return {
    ...judged,
    cut: {
      claims: keyClaims.length - counted.length,
      claimCharacters: charactersOf(counted) - charactersOf(judged.keyClaims),
      summaryCharacters: summary.length - judged.summary.length,
      responseCharacters: followUpResponse.length - judged.followUpResponse.length,
    },
  };
};
