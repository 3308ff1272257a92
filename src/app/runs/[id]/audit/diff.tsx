import { numbered } from '#components/format.ts';
import { type LineKind, readDiffLines } from '#verification/diff/line-kinds.ts';

const tones: Record<LineKind, string> = {
  added: 'bg-accent-soft',
  removed: 'bg-danger-soft',
  unchanged: '',
  around: 'text-muted',
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
      {numbered(readDiffLines(text)).map(({ item: line, number }) => (
        <span key={number} className={`block px-4 ${tones[line.kind]}`}>
          {line.text === '' ? '\u00a0' : line.text}
        </span>
      ))}
    </pre>
  </section>
);
