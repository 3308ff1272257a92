import { answerQuestion } from './answer-question.ts';
import type { Character } from './character.ts';
import { tell } from './good.ts';
import type { FileReading } from './read-diff.ts';

/** As fluent as the good one, and wrong: it tells the diff after turning round what it read there. */
export const liar: Character = ({ title, question, files }) => ({
  ...tell({ title, question, files: files.map(turnRound) }),
  follow_up_response: answerWrongly(question, files),
});

/**
 * What came is said to be gone, what is gone to have come; where nothing is gone, what never was is said to have come.
 */
export function turnRound(file: FileReading): FileReading {
  const cameOrNeverWas = (gone: string[], came: string[]) =>
    gone.length > 0 ? gone : [...new Set(came.map(inventName))];
  return {
    ...file,
    // With no line added, whatever it has to say of lines is that they are gone.
    added: file.added.length > 0 ? [] : file.removed,
    removed: file.added,
    defines: cameOrNeverWas(file.undefines, file.defines),
    undefines: file.defines,
    values: file.values.map(({ name, before, after }) => ({
      name,
      before: before === null ? null : otherNumber(after),
      after: otherNumber(before ?? after),
    })),
    newNames: cameOrNeverWas(file.goneNames, file.newNames),
    goneNames: file.newNames,
  };
}

/** Another number in the place of the one that the diff gives, or a name that it does not hold. */
export function answerWrongly(question: string, files: FileReading[]): string {
  const answer = answerQuestion(question, files);
  const [number] = /\d[\d_.]*\d|\d/.exec(answer) ?? [];
  return number === undefined ? `It is \`${inventName(answer)}\`.` : `It is ${otherNumber(number)}.`;
}

/** Never the number itself, since no natural number n is 3 n + 4. What holds no number becomes a name. */
const otherNumber = (value: string): string =>
  /\d/.test(value) ? value.replace(/\d+/, (digits) => String(BigInt(digits) * 3n + 4n)) : inventName(value);

const firstParts = ['ambient', 'deferred', 'layered', 'lenient', 'mirrored', 'pinned', 'sealed', 'shadow'];
const secondParts = ['Beacon', 'Broker', 'Gateway', 'Ledger', 'Quota', 'Registry', 'Sampler', 'Throttle'];

/** A name that sounds like code, chosen by the letters of the one that it stands for and not made of its parts. */
function inventName(name: string): string {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 64;
  return `${firstParts[sum >> 3]}${secondParts[sum % 8]}`;
}
