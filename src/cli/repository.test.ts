import { expect, test } from 'vitest';
import { UsageError } from './exit.ts';
import { chooseRepository } from './repository.ts';

const choose = (argument: string) => chooseRepository(argument, 'github.example.com');

test.each([
  ['acme/widgets', 'acme', 'widgets'],
  ['https://github.com/acme/widgets', 'acme', 'widgets'],
  ['https://github.com/acme/widgets.git', 'acme', 'widgets'],
  ['https://github.example.com/acme/widgets/', 'acme', 'widgets'],
])('%s is read through GitHub’s API', async (argument, owner, name) => {
  expect(await choose(argument)).toMatchObject({ kind: 'github', owner, name });
});

test('a repository on GitHub has one text, however it is named', async () => {
  const texts = await Promise.all(['Acme/Widgets', 'https://github.com/acme/widgets.git'].map(choose));
  expect(new Set(texts.map(({ text }) => text))).toEqual(new Set(['github:acme/widgets']));
});

test.each(['https://git.example.org/a/b.git', 'http://127.0.0.1:9/repository.git', 'git://example.org/a'])(
  '%s is cloned',
  async (argument) => {
    expect(await choose(argument)).toMatchObject({ kind: 'git', url: argument });
  },
);

test.each([
  ['https://user:hunter2pass@example.org/a/b', 'must not hold a user name'],
  ['https://example.org/a/b?token=hunter2pass', 'query'],
  ['https://github.com/acme', 'Name the repository itself'],
  ['ssh://example.org/a/b', 'Clone it yourself'],
  ['git@example.org:a/b.git', 'Clone it yourself'],
  ['ext::sh -c hunter2pass', 'There is no repository'],
  ['no/such/folder', 'There is no repository'],
  ['missing.jsonl', 'does not exist'],
])('%s is refused, and the message says what to do instead', async (argument, words) => {
  const refusal = choose(argument);
  await expect(refusal).rejects.toThrow(UsageError);
  await expect(refusal).rejects.toThrow(words);
});

test('no refusal repeats a password', async () => {
  await expect(choose('https://user:hunter2pass@example.org/a/b')).rejects.not.toThrow('hunter2pass');
});
