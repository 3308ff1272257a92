import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { Refused } from './refused.tsx';

const shown = (error: { message: string; data?: unknown }) =>
  renderToStaticMarkup(<Refused title="It was not done" error={error} />);

test('a refusal is announced in the server’s words, and a call without an answer in ours', () => {
  const refused = shown({ message: 'This audit is finished.', data: { code: 'BAD_REQUEST' } });
  for (const text of ['role="alert"', 'It was not done', 'This audit is finished.'])
    expect(refused).toContain(text);
  const unanswered = shown({ message: 'Failed to fetch', data: null });
  expect(unanswered).toContain('The installation could not be reached.');
  expect(unanswered).not.toContain('fetch');
});
