import { answerQuestion } from './answer-question.ts';
import type { Character } from './character.ts';
import { tell } from './good.ts';
import type { FileReading } from './read-diff.ts';

/** As fluent as the good one, but wrong: it describes the diff turned round. */
export const liar: Character = ({ title, question, files }) => ({
  ...tell({ title, question, files: files.map(turnRound) }),
  follow_up_response: answerWrongly(question, files),
});

/** Swaps what was added and what was removed. If nothing was removed, it invents what was added. */
export function turnRound(file: FileReading): FileReading {
  const cameOrNeverWas = (gone: string[], came: string[]) =>
    gone.length > 0 ? gone : [...new Set(came.map(inventName))];
  return {
    ...file,
    // Without added lines, it can only say of lines that they are gone.
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

/** A number other than the diff's, or a name that the diff does not hold. */
export function answerWrongly(question: string, files: FileReading[]): string {
  const answer = answerQuestion(question, files);
  const [number] = /\d[\d_.]*\d|\d/.exec(answer) ?? [];
  return number === undefined ? `It is \`${inventName(answer)}\`.` : `It is ${otherNumber(number)}.`;
}

/** Never the number itself, because no natural number n equals 3 n + 4. A value without a number becomes a name. */
const otherNumber = (value: string): string =>
  /\d/.test(value) ? value.replace(/\d+/, (digits) => String(BigInt(digits) * 3n + 4n)) : inventName(value);

const firstParts = ['ambient', 'deferred', 'layered', 'lenient', 'mirrored', 'pinned', 'sealed', 'shadow'];
const secondParts = ['Beacon', 'Broker', 'Gateway', 'Ledger', 'Quota', 'Registry', 'Sampler', 'Throttle'];

/** A name that sounds like code. The given name's letters choose it, but none of its parts are used. */
function inventName(name: string): string {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 64;
  return `${firstParts[sum >> 3]}${secondParts[sum % 8]}`;
}
