import type { ClaimFunnel } from '#contracts/replay.ts';
import { expectedClaims } from '../replay/score.ts';
import { fewWords, sharedRun } from '../text/fold-claims.ts';
import { maxClaims } from '../text/judged-answer.ts';

/** What becomes of claims that are not ruled on, and of answers with few claims, in the words of every surface. */
export const floorMeaning = `An answer is measured on at least ${expectedClaims} claims, or on as many as the answer key has changes if these are fewer; a claim that is not ruled on does not fill that number, and what is missing to it counts as not supported.`;

/** The steps of a claim funnel in their order, as pages and the command line name and explain them. */
export const claimSteps: { step: keyof ClaimFunnel; term: string; meaning: string }[] = [
  { step: 'made', term: 'Made', meaning: 'Every claim of the oracle’s answers.' },
  { step: 'cut', term: 'Cut', meaning: `Beyond the ${maxClaims} claims of one answer that are judged.` },
  {
    step: 'duplicates',
    term: 'Folded as duplicates',
    meaning: 'Code found the same words in another claim of the answer.',
  },
  {
    step: 'restatements',
    term: 'Folded as restatements',
    meaning: 'All claims of an answer that only say the diff, title or description back count as one.',
  },
  {
    step: 'ruled',
    term: 'Ruled on',
    meaning:
      'The folded claims that the judge gave a verdict on. The offline check leaves out what it cannot decide.',
  },
  {
    step: 'supported',
    term: 'Supported',
    meaning: 'The judge supported them, and code found its quotes in the diff.',
  },
  {
    step: 'missing',
    term: 'Missing to the floor',
    meaning: floorMeaning,
  },
];

/** What precision is, in the words of every surface. */
export const precisionMeaning =
  'The supported share of the claims that count: the judge must support a claim with a quote, and code must find that quote in the diff. Code folds repetition and counts claims that are missing.';

/** When claims are folded, in words for readers (`foldClaims`). */
export const foldRule = {
  duplicates:
    'A claim is folded as a duplicate if it has the same words as another claim of the answer, apart from case, punctuation, order and words such as “the” and “of”. They count as one claim, which is supported only if each wording is.',
  restatements:
    'All restatements of an answer together count as one claim. A claim is a restatement if one of these holds:',
  cases: [
    'Nothing is left of it without words such as “the” and “of”, words that speak of changes in general, and ordinary words.',
    'All words that are left are on one changed line of the diff, or in the path of that line’s file.',
    `At most ${fewWords} of them are not in the path of a file, and all of these are on added lines of that file, or all on removed ones.`,
    `At least half of all its words stand in runs of ${sharedRun} or more words that it shares with one line of the diff, the title or the description.`,
  ],
  exception:
    'Under the offline check a claim that states a fact which its rule can decide is no restatement, and it is a duplicate if another claim stated all its facts before.',
} as const;
