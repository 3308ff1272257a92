import type { ReactNode } from 'react';

/**
 * A table that may be wider than the screen. The table scrolls, the page does not, and a shadow shows where there is
 * more.
 */
export const ScrollTable = ({ label, children }: { label: string; children: ReactNode }) => (
  <section
    aria-label={label}
    className="relative scroll-shadows overflow-x-auto rounded-md border border-line"
  >
    <table className="w-full border-collapse text-[0.9375rem]">{children}</table>
  </section>
);
