import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { Diff } from './diff.tsx';

test('headers of every file are muted, and changed lines that look like them are coloured', () => {
  const lines = ['--- a/one', '+++ b/one', '@@ -1 +1 @@', '--- x', '+++ y', '--- a/two', '+++ b/two', ''];
  const page = renderToStaticMarkup(<Diff text={lines.join('\n')} />);
  const tones = new Map(
    [...page.matchAll(/class="block px-4 ([^"]*)">([^<]*)</g)].map(([, tone, line]) => [line, tone]),
  );
  expect(lines.slice(0, -1).map((line) => tones.get(line))).toEqual([
    'text-muted',
    'text-muted',
    'text-muted',
    'bg-danger-soft',
    'bg-accent-soft',
    'text-muted',
    'text-muted',
  ]);
});
