/** Source code has about three characters a token, prose four. The lower number overstates a little. */
export const charactersPerToken = 3;

/** The usual length of an answer, in tokens. */
export const answerTokens = {
  answer_key: 2500,
  variants: 900,
  precision: 1900,
  recall: 1000,
  reply: 180,
} as const;
