import type { OracleRequest } from '#contracts/oracle.ts';
import { cutText } from '#contracts/text.ts';
import type { Character, Telling } from './character.ts';
import { good } from './good.ts';
import { lazy } from './lazy.ts';
import { liar } from './liar.ts';
import { mixed } from './mixed.ts';
import { readFiles } from './read-diff.ts';

/** No character's search is linear in the question. */
const maxQuestionCharacters = 2_000;

const characters = { good, mixed, lazy, liar } satisfies Record<string, Character>;
export type CharacterName = keyof typeof characters;

export const isCharacterName = (name: string): name is CharacterName => Object.hasOwn(characters, name);

/**
 * A small oracle that runs without a model, for a first run and as an example of the protocol. It knows only what it is
 * sent. It has four characters, so that a visitor can see a verification tell them apart.
 */
export function answerAsDemoOracle(
  { pr, follow_up_question }: OracleRequest,
  character: CharacterName = 'good',
): Telling & { metadata: { oracle: string } } {
  const telling = characters[character]({
    title: pr.title,
    question: cutText(follow_up_question, maxQuestionCharacters),
    files: readFiles(pr.diff_content),
  });
  const name = 'echelon-verify demonstration oracle';
  return { ...telling, metadata: { oracle: character === 'good' ? name : `${name}, ${character}` } };
}
