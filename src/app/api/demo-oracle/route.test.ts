import { expect, test } from 'vitest';
import { POST } from './route.ts';

const url = 'http://127.0.0.1/api/demo-oracle';
const request = (body: BodyInit, headers: Record<string, string> = {}) =>
  new Request(url, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } });

const question = {
  pr: {
    id: '7',
    title: 'Wait longer',
    description: '',
    diff_content:
      'diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1 +1 @@\n-const waitMs = 5;\n+const waitMs = 9;\n',
    files_changed: ['a.ts'],
  },
  follow_up_question: 'In `a.ts`, to which value is `waitMs` changed?',
};

test('it answers in the form of the wire contract', async () => {
  const response = await POST(request(JSON.stringify(question)));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('application/json');
  expect(await response.json()).toEqual({
    summary: 'In a.ts, `waitMs` goes from 5 to 9.',
    key_claims: ['`waitMs` changes from 5 to 9.'],
    follow_up_response: '`waitMs` is 9 now, where it was 5 before.',
    metadata: { oracle: 'echelon-verify demonstration oracle' },
  });
});

test('a body that is not JSON is refused', async () => {
  for (const body of ['', '{"pr":', 'hello']) {
    const response = await POST(request(body));
    expect(response.status, body).toBe(400);
    expect((await response.json()).detail).toContain('not JSON');
  }
});

test('a malformed body is refused with its fields named', async () => {
  const response = await POST(request(JSON.stringify({ pr: { ...question.pr, id: 7 } })));
  expect(response.status).toBe(422);
  const { detail } = await response.json();
  expect(detail.map(({ path }: { path: string }) => path)).toEqual(['pr.id', 'follow_up_question']);
});

test('a body that is too large is refused, whether its length is declared or not', async () => {
  const declared = await POST(request('{}', { 'Content-Length': '99999999' }));
  expect(declared.status).toBe(413);
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 65_536;
      controller.enqueue(new Uint8Array(65_536).fill(32));
    },
  });
  const undeclared = await POST(
    new Request(url, { method: 'POST', body: endless, duplex: 'half' } as RequestInit),
  );
  expect(undeclared.status).toBe(413);
  expect(sent).toBeLessThan(4 * 1024 * 1024);
});
