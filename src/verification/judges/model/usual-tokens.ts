/** Source code has about three characters a token, prose four. The lower number overstates a little. */
export const charactersPerToken = 3;

/** The usual length of an answer, in tokens. */
export const answerTokens = { answer_key: 1500, precision: 1500, recall: 800, reply: 150 } as const;
