import { Fragment, type ReactNode } from 'react';

export type Fact = { term: string; value: ReactNode; remark?: ReactNode };

/** Terms and their values, stacked on a narrow screen. */
export const Facts = ({ facts }: { facts: Fact[] }) => (
  <dl className="divide-y divide-line rounded-md border border-line bg-sheet">
    {facts.map(({ term, value, remark }) => (
      <div key={term} className="grid gap-x-6 px-4 py-2.5 sm:grid-cols-[14rem_minmax(0,1fr)] sm:px-6">
        <dt className="text-muted">{term}</dt>
        <dd className="min-w-0 break-words tabular-nums">
          {value}
          {remark === undefined ? null : <span className="block text-sm text-muted">{remark}</span>}
        </dd>
      </div>
    ))}
  </dl>
);

/** A digest, seed or commit: something to copy rather than read. */
export const Code = ({ children }: { children: ReactNode }) => (
  <code className="font-mono text-[0.875em] break-all">{children}</code>
);

/** A field's path in a document. It breaks between its parts, never within a word. */
export const FieldName = ({ children }: { children: string }) => (
  <code className="font-mono text-[0.875em]">
    {children.split('.').map((part, place) => (
      <Fragment key={children.split('.', place + 1).join('.')}>
        {place > 0 ? '.' : ''}
        <wbr />
        {part}
      </Fragment>
    ))}
  </code>
);
