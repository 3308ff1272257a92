import { expect, test } from 'vitest';
import { judgedAnswer, maxClaimCharacters, maxClaims } from './judged-answer.ts';

const claims = (...texts: string[]) => texts.map((claim) => ({ claim, confidence: 0.5 }));

test('an answer within the limits is judged whole', () => {
  const answer = { summary: 'Retries stop.', keyClaims: claims('The limit is 25.'), followUpResponse: '25' };
  const cut = { claims: 0, claimCharacters: 0, summaryCharacters: 0, responseCharacters: 0 };
  expect(judgedAnswer(answer)).toEqual({ ...answer, cut });
});

test('of each part the beginning is judged, and the rest is counted', () => {
  const judged = judgedAnswer({
    summary: 's'.repeat(2_003),
    keyClaims: claims('c'.repeat(508), ...Array.from({ length: 56 }, (_, n) => `Invents quirk ${n}`)),
    followUpResponse: 'r'.repeat(1_000_000),
  });
  expect(judged.summary).toBe('s'.repeat(2_000));
  expect(judged.keyClaims).toHaveLength(maxClaims);
  expect(judged.keyClaims[0]).toEqual({ claim: 'c'.repeat(maxClaimCharacters), confidence: 0.5 });
  expect(judged.followUpResponse).toBe('r'.repeat(1_000));
  // Claims beyond the cap are counted whole, and their characters are not.
  expect(judged.cut).toEqual({
    claims: 7,
    claimCharacters: 8,
    summaryCharacters: 3,
    responseCharacters: 999_000,
  });
});

test('no part ends in half a character', () => {
  const judged = judgedAnswer({
    summary: `${'s'.repeat(1_999)}\u{1f600}`,
    keyClaims: claims(`${'c'.repeat(499)}\u{1f600}`),
    followUpResponse: `${'r'.repeat(999)}\u{1f600}`,
  });
  expect(judged.summary).toHaveLength(1_999);
  expect(judged.keyClaims[0]?.claim).toHaveLength(499);
  expect(judged.followUpResponse).toHaveLength(999);
  expect(judged.cut).toEqual({ claims: 0, claimCharacters: 2, summaryCharacters: 2, responseCharacters: 2 });
});
