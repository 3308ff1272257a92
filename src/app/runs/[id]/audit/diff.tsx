import { numbered } from '#components/format.ts';

/** What kind of line it is. Headers look like changed lines. */
const toneOf = (line: string) => {
  if (/^(?:\+\+\+ |--- |diff --git |index |@@ )/.test(line)) return 'text-muted';
  if (line.startsWith('+')) return 'bg-accent-soft';
  return line.startsWith('-') ? 'bg-danger-soft' : '';
};

/** A unified diff, line by line. Signs tell what the colours do. */
export const Diff = ({ text }: { text: string }) => (
  <section
    // biome-ignore lint/a11y/noNoninteractiveTabindex: Safari lets the keyboard scroll only what can have the focus.
    tabIndex={0}
    aria-label="Diff"
    className="max-h-[75vh] overflow-auto rounded-md border border-line bg-sheet py-3"
  >
    <pre className="w-max min-w-full font-mono text-[0.8125rem] leading-snug">
      {numbered(text.split('\n')).map(({ item: line, number }) => (
        <span key={number} className={`block px-4 ${toneOf(line)}`}>
          {line === '' ? '\u00a0' : line}
        </span>
      ))}
    </pre>
  </section>
);
