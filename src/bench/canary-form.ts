/** A text of one of two kinds, and the change that it is about. */
export type FormText = { change: string; text: string };

const folds = 10;

/** The words of a text, how many there are, and how long it is, as what a reader sees without understanding. */
const featuresOf = (text: string): Set<string> => {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_']+/gu) ?? [];
  return new Set([
    ...words,
    `# words ${Math.floor(words.length / 4)}`,
    `# characters ${Math.floor(text.length / 40)}`,
  ]);
};

type Learnt = { texts: number; withFeature: Map<string, number> };

const learn = (features: Set<string>[]): Learnt => {
  const withFeature = new Map<string, number>();
  for (const of of features)
    for (const feature of of) withFeature.set(feature, (withFeature.get(feature) ?? 0) + 1);
  return { texts: features.length, withFeature };
};

/** Naive Bayes over which features a text has, with one added to each count and both kinds equally likely. */
const isFirst = (features: Set<string>, first: Learnt, second: Learnt): boolean => {
  const share = ({ texts, withFeature }: Learnt, feature: string) =>
    ((withFeature.get(feature) ?? 0) + 1) / (texts + 2);
  let evidence = 0;
  for (const feature of features)
    if (first.withFeature.has(feature) || second.withFeature.has(feature))
      evidence += Math.log(share(first, feature)) - Math.log(share(second, feature));
  return evidence > 0;
};

/**
 * How often a classifier by words and length tells two kinds of texts apart: the mean of its accuracies on either kind,
 * 0.5 for one that guesses. Cross-validated by change, so that it has read nothing of a text's change before.
 */
export const toldApart = (first: FormText[], second: FormText[]): number => {
  const changes = [...new Set([...first, ...second].map(({ change }) => change))].toSorted();
  const foldOf = new Map(changes.map((change, place) => [change, place % folds]));
  const read = (texts: FormText[]) =>
    texts.map(({ change, text }) => ({ fold: foldOf.get(change) ?? 0, features: featuresOf(text) }));
  const kinds = [read(first), read(second)] as const;
  const right = [0, 0];
  for (let fold = 0; fold < folds; fold += 1) {
    const [one, other] = kinds.map((texts) =>
      learn(texts.filter((text) => text.fold !== fold).map(({ features }) => features)),
    );
    if (one === undefined || other === undefined) continue;
    for (const [kind, texts] of kinds.entries())
      for (const text of texts.filter((candidate) => candidate.fold === fold))
        if (isFirst(text.features, one, other) === (kind === 0)) right[kind] = (right[kind] ?? 0) + 1;
  }
  return ((right[0] ?? 0) / first.length + (right[1] ?? 0) / second.length) / 2;
};
