import { answerQuestion } from './answer-question.ts';
import type { Character } from './character.ts';
import { tell } from './good.ts';
import { answerWrongly, turnRound } from './liar.ts';

/**
 * Half good, half liar: every second claim is false, and so is all that its summary and replies say about every second
 * file. A question that names no file gets a false reply.
 */
export const mixed: Character = (request) => {
  const { question, files } = request;
  const isTrue = (place: number) => place % 2 === 0;
  const turned = files.map(turnRound);
  const truths = tell(request).key_claims;
  const lies = tell({ ...request, files: turned }).key_claims;
  const claims = Array.from({ length: Math.max(truths.length, lies.length) }, (_, place) =>
    isTrue(place) ? truths[place] : lies[place],
  );
  const half = turned.map((file, place) => (isTrue(place) ? (files[place] ?? file) : file));
  const asked = files.findIndex(({ path }) => question.includes(path));
  return {
    summary: tell({ ...request, files: half }).summary,
    key_claims: claims.filter((claim) => claim !== undefined),
    follow_up_response: isTrue(asked) ? answerQuestion(question, files) : answerWrongly(question, files),
  };
};
