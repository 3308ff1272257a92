import { jsonObjectsIn, type Span } from './json-objects.ts';
import { isBlankOutside, reasoningIn } from './reasoning.ts';

/** Where a model's text reasons and where it may answer. */
export type ReadText = {
  reasoning: Span[];
  /** Paired tags of names that are not known to mean reasoning. */
  tagged: Span[];
  /** The text ends with such tags, which may also wrap the answer. */
  endsTagged: boolean;
  /** The JSON objects by which the text may answer, the likeliest first: the last one outside of any reasoning. */
  candidates: Span[];
};

/** The objects that stand in none of these spans. Both are ordered, and an object is wholly in a span or outside. */
const outside = (objects: Span[], spans: Span[]): Span[] => {
  let next = 0;
  return objects.filter(({ start }) => {
    while ((spans[next]?.end ?? Number.POSITIVE_INFINITY) <= start) next += 1;
    return (spans[next]?.start ?? Number.POSITIVE_INFINITY) > start;
  });
};

/** Reads the text that a model or a tool wrote. It takes time linear in the text's length. */
export const readText = (text: string): ReadText => {
  const objects = jsonObjectsIn(text);
  const { reasoning, tagged } = reasoningIn(text, objects);
  const outOfReasoning = outside(objects, reasoning);
  const lastTag = tagged.at(-1);
  const endsTagged = lastTag !== undefined && isBlankOutside(text.slice(lastTag.end), []);
  return {
    reasoning,
    tagged,
    endsTagged,
    candidates: [
      ...outside(outOfReasoning, tagged).toReversed(),
      ...(endsTagged ? outOfReasoning.toReversed() : []),
    ],
  };
};
