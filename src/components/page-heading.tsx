import type { ReactNode } from 'react';

export const PageHeading = ({ title, children }: { title: ReactNode; children?: ReactNode }) => (
  <header className="mb-8">
    <h1 className="text-3xl font-semibold break-words sm:text-4xl">{title}</h1>
    {children === undefined ? null : <div className="mt-3 max-w-[68ch] text-muted">{children}</div>}
  </header>
);

export const Section = ({ id, title, children }: { id: string; title: string; children: ReactNode }) => (
  <section aria-labelledby={id} className="mt-12">
    <h2 id={id} className="mb-4 text-xl font-semibold">
      {title}
    </h2>
    {children}
  </section>
);

/** Stands in for an empty list or table and says what fills it. */
export const Empty = ({ title, children }: { title: string; children: ReactNode }) => (
  <div className="rounded-md border border-dashed border-edge px-6 py-10 text-center">
    <p className="font-semibold">{title}</p>
    <div className="mx-auto mt-2 max-w-[52ch] text-muted">{children}</div>
  </div>
);
