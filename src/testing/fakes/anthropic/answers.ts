import { type CanaryWay, canaryWays } from '#contracts/replay.ts';
import { type JudgeAnswer, type JudgeTask, emptyAnswer as nothing } from '#verification/judges/judge.ts';

type Fenced = { kind: string; id: string; text: string };

/** The pieces that the judge fenced. A piece's two tags share a nonce. */
export const fencedPieces = (text: string): Fenced[] =>
  [
    ...text.matchAll(
      /<untrusted-([0-9a-f]+) kind="([\w-]+)"(?: id="([^"]*)")?>\n([\s\S]*?)\n<\/untrusted-\1>/g,
    ),
  ].map(([, , kind = '', id = '', piece = '']) => ({ kind, id, text: piece }));

export const measureOf = (user: string): JudgeTask['measure'] => {
  const measure = /^# Task: (answer_key|variants|precision|recall|reply)$/m.exec(user)?.[1];
  if (measure === undefined) throw new Error('The request names no task.');
  return measure as JudgeTask['measure'];
};

const tellingWords = (text: string) =>
  new Set((text.match(/[\p{L}_][\p{L}\p{N}_]{3,}/gu) ?? []).map((word) => word.toLowerCase()));

const sharedWords = (text: string, words: ReadonlySet<string>) =>
  [...tellingWords(text)].filter((word) => words.has(word)).length;

const changedLines = (diff: string) =>
  diff
    .split('\n')
    .filter((line) => /^[+-](?!--|\+\+)/.test(line))
    .map((line) => line.slice(1).trim())
    .filter((line) => line.replaceAll(/\s/g, '').length >= 10 && /\p{L}{3}/u.test(line));

/** The line that shares the most words with a text, if any. */
const closestLine = (lines: string[], text: string): string | undefined => {
  const words = tellingWords(text);
  const [best] = lines
    .map((line) => ({ line, shared: sharedWords(line, words) }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared);
  return best?.line;
};

/** The ways that a request names for each of the first changes. */
const waysOf = (user: string): CanaryWay[][] =>
  [...(/^.*The ways of the false variants: (.*)\.$/m.exec(user)?.[1] ?? '').matchAll(/\d+: ([a-z ]+)/g)].map(
    ([, ways = '']) => canaryWays.filter((way) => ways.split(' ').includes(way)),
  );

/** A line told in a sentence that can be made false in some of the ways by replacing a few words. */
const variantsOf = (id: string, line: string, ways: CanaryWay[], diff: string): JudgeAnswer['variants'] => {
  const isAdded = diff.split('\n').some((raw) => raw.startsWith('+') && raw.slice(1).trim() === line);
  const [verb, opposite] = isAdded ? ['adds', 'removes'] : ['removes', 'adds'];
  const tell = (does: string, when: string, then: string) =>
    `The change ${does} what reads "${line.slice(0, 120)}" when it is ${when}, which lets its readers ${then}.`;
  const text: Partial<Record<CanaryWay, string>> = {
    direction: tell(opposite, 'merged', 'see it'),
    condition: tell(verb, 'reverted', 'see it'),
    cause: tell(verb, 'merged', 'miss it'),
  };
  return [
    { id, way: 'true', text: tell(verb, 'merged', 'see it') },
    ...ways.flatMap((way) => (text[way] === undefined ? [] : [{ id, way, text: text[way] }])),
  ];
};

/** What a model might answer, derived lexically from the request. It is enough for a whole run to work. */
export const answerPlausibly = ({ system, user }: { system: string[]; user: string }): JudgeAnswer => {
  const diff = fencedPieces(system.join('\n')).find(({ kind }) => kind === 'diff')?.text ?? '';
  const lines = changedLines(diff);
  const pieces = fencedPieces(user);
  const textOf = (kind: string) => pieces.find((piece) => piece.kind === kind)?.text ?? '';
  switch (measureOf(user)) {
    case 'answer_key': {
      const [first] = lines;
      if (first === undefined) return nothing;
      return {
        ...nothing,
        changes: lines.slice(0, 3).map((line, index) => ({
          id: String(index + 1),
          statement: `A line is now, or was until now: ${line}`,
          quote: line,
        })),
        question: { text: 'What stands on the first changed line?', reference_answer: first, quote: first },
        variants: waysOf(user).flatMap((ways, index) => {
          const line = lines[index];
          return line === undefined || index > 2 ? [] : variantsOf(String(index + 1), line, ways, diff);
        }),
      };
    }
    case 'variants': {
      const ways = waysOf(user);
      return {
        ...nothing,
        variants: pieces
          .filter(({ kind }) => kind === 'quote-of-change')
          .flatMap(({ id, text }, index) => variantsOf(id, text, ways[index] ?? [], diff)),
      };
    }
    case 'precision':
      return {
        ...nothing,
        verdicts: pieces
          .filter(({ kind }) => kind === 'claim')
          .map(({ id, text }) => {
            const quote = closestLine(lines, text);
            return quote === undefined
              ? { id, verdict: 'not_supported', quote: '' }
              : { id, verdict: 'supported', quote };
          }),
      };
    case 'recall': {
      const summary = textOf('summary').split('\n');
      return {
        ...nothing,
        verdicts: pieces
          .filter(({ kind }) => kind === 'quote-of-change')
          .map(({ id, text }) => {
            const quote = closestLine(summary, text);
            return quote === undefined
              ? { id, verdict: 'not_surfaced', quote: '' }
              : { id, verdict: 'surfaced', quote };
          }),
      };
    }
    case 'reply': {
      const reference = tellingWords(textOf('reference-answer'));
      const share = reference.size === 0 ? 0 : sharedWords(textOf('response'), reference) / reference.size;
      const verdict = (['0', '0.25', '0.5', '0.75', '1'] as const)[Math.round(share * 4)] ?? '0';
      return { ...nothing, verdicts: [{ id: 'response', verdict, quote: '' }] };
    }
  }
};
