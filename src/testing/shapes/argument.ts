/** How to make a value of a type, as plain data, so that it can be sent to a worker thread. */
export type Argument =
  | { kind: 'text' }
  /** Anything: text, or parsed JSON that holds text. */
  | { kind: 'unknown' }
  | { kind: 'constant'; value: string | number | boolean | null | undefined }
  | { kind: 'list'; of: Argument }
  | { kind: 'tuple'; of: Argument[] }
  | { kind: 'object'; fields: [name: string, of: Argument][] }
  /** Any names, each with such a value. */
  | { kind: 'record'; of: Argument }
  | { kind: 'choice'; of: Argument[] }
  | { kind: 'function'; returns: Argument }
  | { kind: 'promise'; of: Argument }
  /** Made by its name, with what it contains. `holdsText`: there is text in it beside that. */
  | { kind: 'made'; name: string; of: Argument[]; holdsText: boolean }
  /** Nothing here can make it. */
  | { kind: 'opaque'; type: string };

/** What a call gives back as far as it can be called in turn. */
export type Result =
  | { kind: 'value' }
  | { kind: 'callable'; parameters: Argument[]; result: Result }
  | { kind: 'methods'; of: [name: string, result: Result][] };

function* within(argument: Argument): Generator<Argument> {
  yield argument;
  if (argument.kind === 'object') for (const [, inner] of argument.fields) yield* within(inner);
  else if (argument.kind === 'function') yield* within(argument.returns);
  else if ('of' in argument) for (const inner of [argument.of].flat()) yield* within(inner);
}

const isText = (argument: Argument): boolean =>
  argument.kind === 'text' || argument.kind === 'unknown' || (argument.kind === 'made' && argument.holdsText);

export const holdsText = (argument: Argument): boolean => [...within(argument)].some(isText);

/** The types within it that nothing here can make. */
export const opaqueIn = (argument: Argument): string[] =>
  [...within(argument)].flatMap((one) => (one.kind === 'opaque' ? [one.type] : []));

const isConstant = ({ kind }: Argument): boolean => kind === 'constant';

/** Whether a list in it holds text, which can then be many short texts. */
export const hasList = (argument: Argument): boolean =>
  [...within(argument)].some((one) => one.kind === 'list' && holdsText(one));

/**
 * How many calls it takes to see each alternative. Constants within an object are not counted: they rarely decide what
 * happens to text, and there are many.
 */
export const alternativesOf = (argument: Argument): number =>
  Math.max(
    1,
    ...[...within(argument)].map((one) => {
      if (one.kind === 'unknown') return 2;
      if (one.kind !== 'choice') return 1;
      return one === argument || !one.of.every(isConstant) ? one.of.length : 1;
    }),
  );

/** Everything that is passed to what a call gives back, as deep as it can be called. */
const passedTo = (result: Result): Argument[] => {
  if (result.kind === 'value') return [];
  if (result.kind === 'methods') return result.of.flatMap(([, of]) => passedTo(of));
  return [...result.parameters, ...passedTo(result.result)];
};

/** What a function takes, and what that which it gives back takes. */
export const argumentsOf = ({
  parameters,
  result,
}: {
  parameters: Argument[];
  result: Result;
}): Argument[] => [...parameters, ...passedTo(result)];

/** How often a text stands in it. */
export const textsIn = (argument: Argument): number => [...within(argument)].filter(isText).length;
