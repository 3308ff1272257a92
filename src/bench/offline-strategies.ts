import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleAnswer, OracleRequest } from '#contracts/oracle.ts';
import type { ReplayScore } from '#contracts/replay.ts';
import { oracleAnswer, replayFixture } from '#testing/builders/judged-fixtures.ts';
import type { ChangeNote } from '#testing/builders/own-changes.ts';
import { parseDiff } from '#verification/diff/parse-diff.ts';
import type { JudgeAnswer } from '#verification/judges/judge.ts';
import { offlineJudge } from '#verification/judges/offline/judge.ts';
import { seededFraction } from '#verification/text/seeded-choice.ts';

type Question = NonNullable<JudgeAnswer['question']>;
/** What an oracle of the bench knows: more than any real one, so that what earns nothing here earns nothing anywhere. */
export type Material = {
  change: GroundTruth;
  note: ChangeNote;
  /** The note on another change. */
  other: ChangeNote;
  question: Question;
  /** The code-like names on changed lines, each once, in a seeded order. */
  names: string[];
};
type Strategy = (material: Material) => OracleAnswer;

const claimsOfOne = 5;

/** A reader who understood the change can answer the key's question, in a sentence of their own. */
const honestReply = ({ question }: Material) => `In this change it is ${question.reference_answer}.`;

const sentencesOf = (text: string) => text.split(/(?<=\.)\s+/);

/** Says the same claims, and a summary of them, with the honest reply. */
const saying = (material: Material, claims: string[]) =>
  oracleAnswer(claims.join(' '), claims.slice(0, 40), honestReply(material));

const eachOf =
  (turn: (claim: string) => string): Strategy =>
  (material) => {
    const { note } = material;
    return oracleAnswer(
      sentencesOf(note.summary).map(turn).join(' '),
      note.key_claims.map(turn),
      honestReply(material),
    );
  };

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

const pairsOf = (names: string[]) =>
  Array.from(
    { length: claimsOfOne },
    (_, at) => [names[2 * at] ?? 'it', names[2 * at + 1] ?? 'that'] as const,
  );

const changedLines = ({ diff }: GroundTruth) =>
  parseDiff(diff).files.flatMap(({ path, changedLines: lines }) =>
    lines
      .map(({ sign, text }) => ({ path, sign, text: text.trim() }))
      .filter(({ text }) => /[\p{L}\p{N}]/u.test(text)),
  );

/** Swaps what comes and what goes, in all of a claim. */
const turnedRound = (claim: string) =>
  claim.replace(
    /\b(?:is|was|are|were|has been|have been) (?:added|introduced|created)\b|\b(?:adds|introduces|gains)\b|\b(?:is|was) (?:removed|dropped|deleted)\b|\b(?:removes|drops)\b|\bis set to\b/gi,
    (verb) =>
      /set to/i.test(verb)
        ? 'is no longer set to'
        : /^(?:adds|introduces|gains)$/i.test(verb)
          ? 'drops'
          : /^(?:removes|drops)$/i.test(verb)
            ? 'adds'
            : /removed|dropped|deleted/i.test(verb)
              ? 'was added'
              : 'was removed',
  );

/** The honest reader, one half wrong, one who says nothing in particular. Each must stay above the next. */
export const readers = {
  honest: (material) => oracleAnswer(material.note.summary, material.note.key_claims, honestReply(material)),
  'half wrong': (material) => {
    const { note } = material;
    const half = Math.floor(note.key_claims.length / 2);
    const claims = [
      ...note.key_claims.slice(0, half),
      ...note.false_claims.slice(0, note.key_claims.length - half),
    ];
    const sentences = sentencesOf(note.summary);
    const summary = [...sentences.slice(0, Math.floor(sentences.length / 2)), ...note.false_claims];
    return oracleAnswer(summary.join(' '), claims, honestReply(material));
  },
  vague: (material) =>
    oracleAnswer(
      'The change improves the code in several places. Some parts were reworked, and the behaviour is more robust now.',
      [
        'The code is easier to maintain.',
        'Several functions were improved.',
        'Edge cases are handled better.',
      ],
      honestReply(material),
    ),
} satisfies Record<string, Strategy>;

/** Oracles that state no true fact. All but one reply like the honest reader. */
export const falseStrategies = {
  'names shuffled': (material) =>
    saying(
      material,
      [0, 1, 2, 3].map((at) => `${material.names.slice(at * 5, at * 5 + 5).join(' ')}.`),
    ),
  'names joined by filler': (material) =>
    saying(
      material,
      pairsOf(material.names).map(([a, b]) => `\`${a}\` and \`${b}\` are affected by this.`),
    ),
  'list of names': (material) =>
    saying(
      material,
      [0, 1, 2].map((at) =>
        material.names
          .slice(at * 6, at * 6 + 6)
          .map((name) => `\`${name}\``)
          .join(', '),
      ),
    ),
  'automaton without direction': (material) =>
    saying(
      material,
      pairsOf(material.names).map(
        ([a, b], at) =>
          `The ${['logic', 'handling', 'role', 'part', 'use'][at]} of \`${a}\` now works together with \`${b}\`.`,
      ),
    ),
  'generic negations': (material) =>
    saying(material, [
      'Nothing else is removed.',
      'No file is deleted.',
      ...material.names
        .slice(0, 4)
        .map((name) => `\`${name}\` is neither renamed nor moved, and it is not removed.`),
    ]),
  'each claim negated': eachOf((claim) => `It is not true that ${lower(claim)}`),
  'each claim taken back': eachOf((claim) => `${claim} That is wrong.`),
  'each claim as a possibility': eachOf((claim) => `Perhaps ${lower(claim)}`),
  'each claim under a condition': eachOf((claim) => `If the tests pass, ${lower(claim)}`),
  'each claim turned round': (material) => {
    const { note } = material;
    // A claim without such a verb is turned round in time: what is so now is said to have ended.
    const turned = (claims: string[]) =>
      claims.map((claim) => {
        const other = turnedRound(claim);
        return other === claim ? `Until now ${lower(claim)} That ends with this change.` : other;
      });
    return oracleAnswer(
      turned(sentencesOf(note.summary)).join(' '),
      turned(note.key_claims),
      honestReply(material),
    );
  },
  'invented relations': (material) =>
    saying(
      material,
      pairsOf(material.names).map(
        ([a, b], at) =>
          [
            `\`${a}\` is renamed to \`${b}\`.`,
            `\`${a}\` replaces \`${b}\`.`,
            `\`${b}\` is moved into \`${a}\`.`,
            `\`${a}\` imports \`${b}\`.`,
            `\`${a}\` now calls \`${b}\`.`,
          ][at] ?? '',
      ),
    ),
  'automaton with subject and object': (material) =>
    saying(
      material,
      pairsOf(material.names).map(([a, b], at) => {
        const verb = ['handles', 'validates', 'wraps', 'reads', 'checks'][at];
        return `\`${a}\` ${verb} \`${b}\` with \`${b}\`.`;
      }),
    ),
  'automaton of results': (material) =>
    saying(
      material,
      pairsOf(material.names).map(([a, b], at) => {
        const result = ['returns null', `returns \`${b}\``, `throws \`${b}\``, 'returns true', 'returns 0'][
          at
        ];
        return `\`${a}\` ${result}.`;
      }),
    ),
  'automaton of values': (material) =>
    saying(
      material,
      pairsOf(material.names).map(([a, b], at) => {
        const value = [2, 10, 30, 100, 1000][at];
        return `\`${a}\` (${value}) limits \`${b}\` to ${value} at most.`;
      }),
    ),
  'one fact split in many': (material) => {
    const [name = 'it'] = material.names;
    return saying(material, [
      'Something is added.',
      `It is called \`${name}\`.`,
      `\`${name}\` is in this change.`,
      `It concerns \`${name}\`.`,
      ...name
        .split(/(?=\p{Lu})|_/u)
        .slice(0, 3)
        .map((part) => `The \`${part}\` part is added.`),
    ]);
  },
  'invented names': (material) =>
    saying(
      material,
      material.names.slice(0, 5).map((name) => `The function \`${name}Legacy\` is added.`),
    ),
  'another change': (material) =>
    oracleAnswer(material.other.summary, material.other.key_claims, honestReply(material)),
  'false claims': (material) => saying(material, material.note.false_claims),
  'lines of the diff': (material) => {
    const lines = changedLines(material.change).map(({ text }) => text);
    return oracleAnswer(lines.join('\n').slice(0, 2000), lines.slice(0, 50), honestReply(material));
  },
  'lines in sentences': (material) =>
    saying(
      material,
      changedLines(material.change).map(
        ({ path, sign, text }) =>
          `The line \`${text}\` is ${sign === '+' ? 'added to' : 'removed from'} ${path}.`,
      ),
    ),
  'list of files': (material) =>
    saying(
      material,
      material.change.filesChanged.map((path) => `${path} is updated.`),
    ),
  'reply by pattern': ({ change, names }) => {
    const values = [...change.diff.matchAll(/^[+].*?[=:]\s*([\w'"-]+)[,;]?$/gmu)].map(([, value]) => value);
    return oracleAnswer(
      names.slice(0, 20).join(' '),
      names.slice(0, 5),
      `${values.slice(0, 3).join(' ')} ${names.slice(0, 3).join(' ')}`,
    );
  },
} satisfies Record<string, Strategy>;

/** The words of the changed lines that are spelt like code, in a seeded order. */
const namesOf = (change: GroundTruth): string[] => {
  const words = changedLines(change).flatMap(({ text }) =>
    [...text.matchAll(/[\p{L}_$][\p{L}\p{N}_$]{3,}/gu)].map(([word]) => word),
  );
  return [...new Set(words.filter((word) => /\p{Ll}\p{Lu}|_/u.test(word)))].sort(
    (a, b) => seededFraction('names', change.id, a) - seededFraction('names', change.id, b),
  );
};

const judge = offlineJudge();

/** Null: no key can be made, and a run would replace the change. */
export const materialOf = async (
  change: GroundTruth,
  note: ChangeNote,
  other: ChangeNote,
): Promise<Material | null> => {
  const reply = await judge.open(change).ask({ measure: 'answer_key' });
  if (!reply.ok || reply.answer.question === null) return null;
  return { change, note, other, question: reply.answer.question, names: namesOf(change) };
};

/** One oracle's scores on all changes, through the whole engine. */
export const scoresOf = (strategy: Strategy, materials: Material[]): Promise<ReplayScore[]> =>
  Promise.all(
    materials.map(async (material) => {
      const answer = strategy(material);
      const { score } = await replayFixture(material.change, judge, (_: OracleRequest) => answer);
      return score;
    }),
  );
