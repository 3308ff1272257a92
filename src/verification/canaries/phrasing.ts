import type { SeededChoice } from '../text/seeded-choice.ts';
import type { Done, Fact } from './diff-facts.ts';
import { numberOf } from './value-changes.ts';

const article = (noun: string) => (/^[aeiou]/.test(noun) ? 'an' : 'a');

/** A file may hold several things of the other nouns under one name, in lines that the diff does not show. */
const oncePerFile = (noun: string) => !/^(?:method|key|column|variable)$/.test(noun);

const value = (text: string) => (numberOf(text) === null ? `\`${text}\`` : text);

type Told = { noun: string; name: string; path: string };

const wordings: Record<Exclude<Fact['about'], 'rename' | 'value'>, (told: Told) => Record<Done, string[]>> = {
  file: ({ path }) => ({
    added: [
      `Adds the file ${path}.`,
      `${path} is a new file.`,
      `Creates a new file, ${path}.`,
      `A new file ${path} is introduced.`,
    ],
    removed: [
      `Removes the file ${path}.`,
      `${path} is deleted.`,
      `Deletes ${path} altogether.`,
      `The file ${path} is gone after this change.`,
    ],
  }),
  definition: ({ noun, name, path }) => ({
    added: [
      `Adds the ${noun} \`${name}\` to ${path}.`,
      `${path} gains ${article(noun)} ${noun} named \`${name}\`.`,
      `In ${path}, ${article(noun)} ${noun} \`${name}\` is added.`,
      ...(oncePerFile(noun)
        ? [
            `\`${name}\` is a new ${noun} in ${path}.`,
            `Introduces ${article(noun)} ${noun} named \`${name}\` in ${path}.`,
            `A new ${noun} \`${name}\` is defined in ${path}.`,
          ]
        : []),
    ],
    removed: [
      `Removes the ${noun} \`${name}\` from ${path}.`,
      `${path} loses ${article(noun)} ${noun} named \`${name}\`.`,
      `In ${path}, ${article(noun)} ${noun} \`${name}\` is removed.`,
      ...(oncePerFile(noun)
        ? [
            `The ${noun} \`${name}\` is no longer in ${path}.`,
            `Drops the ${noun} \`${name}\` that ${path} had before.`,
            `\`${name}\`, ${article(noun)} ${noun} of ${path}, is deleted.`,
          ]
        : []),
    ],
  }),
  import: ({ name, path }) => ({
    added: [
      `Adds an import of \`${name}\` to ${path}.`,
      `${path} gains an import of \`${name}\`.`,
      `A new import in ${path} brings in \`${name}\`.`,
      `Imports \`${name}\` in ${path}, which is new there.`,
    ],
    removed: [
      `Removes the import of \`${name}\` from ${path}.`,
      `${path} loses its import of \`${name}\`.`,
      `The import of \`${name}\` is dropped from ${path}.`,
      `Drops an import in ${path}, that of \`${name}\`.`,
    ],
  }),
  call: ({ name, path }) => ({
    added: [
      `Adds a call to \`${name}\` in ${path}.`,
      `${path} gains a call to \`${name}()\`.`,
      `A call to \`${name}\` is added in ${path}.`,
      `Introduces a \`${name}()\` call in ${path}.`,
    ],
    removed: [
      `Removes a call to \`${name}\` from ${path}.`,
      `${path} loses a call to \`${name}()\`.`,
      `A call to \`${name}\` is removed from ${path}.`,
      `Drops a \`${name}()\` call from ${path}.`,
    ],
  }),
  mention: ({ name, path }) => ({
    added: [
      `Adds a reference to \`${name}\` in ${path}.`,
      `A reference to \`${name}\` is added to ${path}.`,
      `${path} gains a line that refers to \`${name}\`.`,
      `A line that names \`${name}\` is added to ${path}.`,
    ],
    removed: [
      `Removes a reference to \`${name}\` from ${path}.`,
      `A reference to \`${name}\` is removed from ${path}.`,
      `${path} loses a line that refers to \`${name}\`.`,
      `A line that names \`${name}\` is taken out of ${path}.`,
    ],
  }),
  heading: ({ name, path }) => ({
    added: [
      `Adds a section "${name}" to ${path}.`,
      `${path} gains a section headed "${name}".`,
      `Introduces the heading "${name}" in ${path}.`,
    ],
    removed: [
      `Removes the section heading "${name}" from ${path}.`,
      `${path} loses the heading "${name}".`,
      `Drops the heading "${name}" from ${path}.`,
    ],
  }),
  word: ({ name, path }) => ({
    added: [
      `Adds text with the word "${name}" to ${path}.`,
      `A line that contains "${name}" is added to ${path}.`,
      `${path} gains a line with the word "${name}" in it.`,
    ],
    removed: [
      `Removes text with the word "${name}" from ${path}.`,
      `A line that contains "${name}" is taken out of ${path}.`,
      `${path} loses a line with the word "${name}" in it.`,
    ],
  }),
};

function valueWordings({ name, from, to, path }: Extract<Fact, { about: 'value' }>): string[] {
  const [old, now] = [numberOf(from), numberOf(to)];
  const [a, b] = [value(from), value(to)];
  const plain = [
    `Changes \`${name}\` from ${a} to ${b} in ${path}.`,
    `\`${name}\` in ${path} is now ${b} instead of ${a}.`,
    `In ${path}, \`${name}\` goes from ${a} to ${b}.`,
    `\`${name}\` was ${a} in ${path} and is now ${b}.`,
  ];
  if (old === null || now === null || old < 0 || now < 0) return plain;
  const [verb, done] = now > old ? ['Raises', 'raised'] : ['Lowers', 'lowered'];
  return [
    ...plain,
    `${verb} \`${name}\` in ${path} from ${a} to ${b}.`,
    `\`${name}\` is ${done} from ${a} to ${b} in ${path}.`,
  ];
}

/** All wordings of a fact: whole sentences of the same meaning, in the plain style of oracles. */
export function wordingsOf(fact: Fact): string[] {
  switch (fact.about) {
    case 'rename':
      return [
        `Renames ${fact.from} to ${fact.path}.`,
        `${fact.from} is renamed to ${fact.path}.`,
        `The file ${fact.from} now has the path ${fact.path}.`,
        `Moves ${fact.from} to ${fact.path}.`,
      ];
    case 'value':
      return valueWordings(fact);
    default: {
      const told = { noun: '', name: '', ...fact };
      return wordings[fact.about](told)[fact.done];
    }
  }
}

/** One of a fact's wordings, chosen by the seed. */
export function phrase(fact: Fact, choice: SeededChoice, label: string): string {
  const all = wordingsOf(fact);
  return all[choice.below(all.length, `wording ${label}`)] ?? '';
}
