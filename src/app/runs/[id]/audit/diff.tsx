/** What kind of line it is. Headers look like changed lines. */
const toneOf = (line: string) => {
  if (/^(?:\+\+\+ |--- |diff --git |index |@@ )/.test(line)) return 'text-muted';
  if (line.startsWith('+')) return 'bg-accent-soft';
  return line.startsWith('-') ? 'bg-danger-soft' : '';
};

/** A unified diff, line by line. Signs tell what the colours do. */
export const Diff = ({ text }: { text: string }) => (
  <section
    // Focusable, so that the keyboard can scroll it.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    tabIndex={0}
    aria-label="Diff"
    className="max-h-[75vh] overflow-auto rounded-md border border-line bg-sheet py-3"
  >
    <pre className="w-max min-w-full font-mono text-[0.8125rem] leading-snug">
      {text.split('\n').map((line, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines repeat, and none moves
        <span key={place} className={`block px-4 ${toneOf(line)}`}>
          {line === '' ? '\u00a0' : line}
        </span>
      ))}
    </pre>
  </section>
);
