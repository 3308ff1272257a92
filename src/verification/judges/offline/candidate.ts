import type { CodeLine } from './code-lines.ts';

/** One important change, read off the diff. `importance` orders changes, from 1 to 10. */
export type Candidate = {
  kind:
    | 'value'
    | 'given'
    | 'defined'
    | 'removed'
    | 'renamed'
    | 'moved'
    | 'called'
    | 'imported'
    | 'used'
    | 'said'
    | 'file';
  name: string;
  /** What the language calls it. */
  noun: string;
  value: string;
  path: string;
  statement: string;
  quote: string;
  importance: number;
};

/** Every class has one, so a new constructor says little. */
export const constructors = /^(?:constructor|__init__|init|initialize|new|main|index|default)$/;
/** How much a kind of file counts in the key. */
export const fileWeights = { source: 1, data: 0.8, test: 0.4, prose: 0.4, generated: 0 } as const;
/** What is defined, by how much it says of a change. */
const nounWorths: [RegExp, number][] = [
  [
    /^(?:function|class|enum|struct|trait|record|macro|table|service|method|module|dependency|view|trigger|procedure)$/,
    9,
  ],
  [/^(?:type|interface)$/, 8],
  [/^(?:constant|column|index|message|policy|sequence|attribute)$/, 7.5],
  [/^(?:field|key|variable|property|rule|constraint)$/, 6],
  [/^section$/, 6],
];
/** How much a new or removed thing of this noun says, from 1 to 10. */
export const worthOf = (noun: string): number => nounWorths.find(([form]) => form.test(noun))?.[1] ?? 5;

/** A nested definition matters less: half a step for each level of indentation, two at most. */
export const depth = ({ indent }: CodeLine): number => Math.min(2, indent / 4);
/** What others can use matters more than what its file keeps to itself. */
export const isExported = (name: string, { text, indent }: CodeLine, ending: string): boolean => {
  if (/^[cm]?[jt]sx?$/.test(ending)) return indent > 0 || /^\s*export\b/.test(text);
  if (ending === 'rs') return indent > 0 || /^\s*pub\b/.test(text);
  if (ending === 'go') return /^\p{Lu}/u.test(name);
  return ending !== 'py' || !name.startsWith('_');
};
/** What is not exported is worth so much less. */
export const ownLoss = 2.5;
