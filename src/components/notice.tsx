import type { ReactNode } from 'react';

const tones = {
  plain: 'border-line bg-sunken',
  caution: 'border-caution-line bg-caution-soft',
  danger: 'border-danger bg-danger-soft',
} as const;
const titleTones = { plain: 'text-ink', caution: 'text-caution', danger: 'text-danger' } as const;

/** Something to know before reading on. `live`: it appears after the page has loaded, so it is announced. */
export const Notice = ({
  tone = 'plain',
  title,
  live = false,
  children,
}: {
  tone?: keyof typeof tones;
  title: string;
  live?: boolean;
  children?: ReactNode;
}) => (
  <div className={`rounded-md border px-4 py-3 ${tones[tone]}`} role={live ? 'alert' : 'note'}>
    <p className={`font-semibold ${titleTones[tone]}`}>{title}</p>
    {children === undefined ? null : <div className="mt-1 text-[0.9375rem] break-words">{children}</div>}
  </div>
);
