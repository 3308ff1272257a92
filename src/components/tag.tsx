import type { ReactNode } from 'react';

const tones = {
  plain: 'border-line text-muted',
  caution: 'border-caution-line bg-caution-soft text-caution',
  good: 'border-accent text-accent',
  danger: 'border-danger text-danger',
} as const;

/** A state in a word or two. The text always says what the colour says. */
export const Tag = ({ tone = 'plain', children }: { tone?: keyof typeof tones; children: ReactNode }) => (
  <span
    className={`inline-block rounded-full border px-2 py-px text-xs font-medium whitespace-nowrap ${tones[tone]}`}
  >
    {children}
  </span>
);
