import type { CanaryCount, CanaryCounts } from '#contracts/judge-trust.ts';
import { type CanaryKind, type CanaryVerdict, type CanaryWay, canaryWays } from '#contracts/replay.ts';

/** The model that writes the natural canaries of tests. */
export const canaryAuthor = 'writer';

/** A canary that a judge ruled on. A natural false one has a way. */
export const ruledCanary = (
  kind: CanaryKind,
  supported: boolean,
  { way = 'value', text = 'A claim.' }: { way?: CanaryWay; text?: string } = {},
): CanaryVerdict => ({
  kind,
  way: kind === 'false' ? way : null,
  author: kind === 'true' || kind === 'false' ? canaryAuthor : null,
  text,
  supported,
});

/** The same for every way. */
export const everyWay = <T>(of: T) =>
  Object.fromEntries(canaryWays.map((way) => [way, of])) as Record<CanaryWay, T>;

const none: CanaryCount = { shown: 0, supported: 0 };

/** Counts of canaries; `false` counts for each way. What is not given was not shown. */
export const canaryCounts = ({
  false: ofEachWay = none,
  ...counts
}: Partial<Omit<CanaryCounts, 'false'>> & { false?: CanaryCount }): CanaryCounts => ({
  true: none,
  codeTrue: none,
  codeFalse: none,
  injected: none,
  ...counts,
  false: everyWay(ofEachWay),
});
