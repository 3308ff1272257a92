import type { Disagreement } from '#verification/certificate/recompute.ts';
import { plain } from './terminal.ts';

const valueText = (value: Disagreement['published']) => (value === null ? 'nothing' : plain(`${value}`, 80));

/** What a document says otherwise than what it is computed from. */
export const disagreementLines = (title: string, disagreements: Disagreement[]): string[] => [
  title,
  ...disagreements
    .slice(0, 20)
    .map(
      ({ field, published, recomputed }) =>
        `  ${plain(field, 120)}: it says ${valueText(published)}, recomputed it is ${valueText(recomputed)}`,
    ),
  ...(disagreements.length > 20 ? [`  … and ${disagreements.length - 20} more`] : []),
];
