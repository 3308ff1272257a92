import { expect, test } from 'vitest';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { bareChange } from '#testing/builders/bare-change.ts';
import type { JudgeTask } from '../judge.ts';
import { offlineJudge } from './judge.ts';

// Every verdict here was derived by hand from the text of `rule.ts`, with the weights in the comment beside it.

const addedFile = (name: string, line: string) =>
  `--- a/src/${name}.ts\n+++ b/src/${name}.ts\n@@ -1,0 +1,1 @@\n+${line}\n`;

const changeOf = (diff: string) => bareChange({ title: 'Tune it', diff, repository: 'acme/client' });

const tuned = changeOf(`--- a/src/client.ts
+++ b/src/client.ts
@@ -1,2 +1,3 @@
 import { Agent } from './agent.ts';
-const maxAttempts = 3;
+const maxAttempts = 5;
+const pauseMs = 2000;
`);

const quotas = changeOf(`--- a/src/quotas.ts
+++ b/src/quotas.ts
@@ -1,0 +1,3 @@
+const quotaOfTenants = 40;
+const quotaOfServers = 80;
+const quotaOfGuests = 10;
`);

const gates = changeOf(
  ['alpha', 'beta', 'gamma', 'delta'].map((name) => addedFile(name, `open(${name}Gate);`)).join(''),
);

const ledgers = (lines: number) =>
  changeOf(
    `--- a/src/ledgers.ts\n+++ b/src/ledgers.ts\n@@ -1,0 +1,${lines} @@\n${'+open(ledger, invoice);\n'}${'+open(ledger);\n'.repeat(2)}${'+open(safe);\n'.repeat(lines - 3)}`,
  );

async function verdictOn(change: GroundTruth, task: JudgeTask): Promise<string | undefined> {
  const reply = await offlineJudge().open(change).ask(task);
  return reply.ok ? reply.answer.verdicts[0]?.verdict : undefined;
}

const ruleOn = (change: GroundTruth, text: string) =>
  verdictOn(change, { measure: 'precision', claims: [{ id: 'a', text }] });

test('a reader can predict point 1: a claim whose name or number stands nowhere is not supported', async () => {
  // `maxAttempts` 2, 5 2, "is" is a stop word: 4 of 4 stand together.
  expect(await ruleOn(tuned, '`maxAttempts` is 5.')).toBe('supported');
  // 6 stands nowhere, so nothing is weighed.
  expect(await ruleOn(tuned, '`maxAttempts` is 6.')).toBe('not_supported');
  expect(await ruleOn(tuned, '`maxTries` is 5.')).toBe('not_supported');
  expect(await ruleOn(tuned, '`maxAttempts` is 5 in server.ts.')).toBe('not_supported');
});

test('a reader can predict point 2: a contradicted direction is not supported, whatever it weighs', async () => {
  // `pauseMs` 2 of 2. Passive, so the object is what precedes: on 1 added line and no removed one.
  expect(await ruleOn(tuned, '`pauseMs` is added.')).toBe('supported');
  expect(await ruleOn(tuned, '`pauseMs` is removed.')).toBe('not_supported');
  // No list of directions holds "gone", so it is a plain word that stands nowhere: 2 of 2 + 1.
  expect(await ruleOn(tuned, '`pauseMs` is gone.')).toBe('supported');
  // Of the object "3" decides: it is new here and stands on a removed line only.
  expect(await ruleOn(tuned, '`maxAttempts` goes from 5 to 3.')).toBe('not_supported');
  // What precedes "no longer" is old, what follows it up to "and" is an ordinary word: 3 stands on a removed line
  // only, `pauseMs` on an added line only.
  expect(await ruleOn(tuned, '3 no longer holds and `pauseMs` does.')).toBe('supported');
  expect(await ruleOn(tuned, '`pauseMs` no longer holds and 3 does.')).toBe('not_supported');
  // Its object is old too. Of "it" and `pauseMs` only the latter stands on a changed line.
  expect(await ruleOn(tuned, 'It no longer uses `pauseMs`.')).toBe('not_supported');
  // `maxAttempts` stands on a removed line as well, and one of several that fits is enough.
  expect(await ruleOn(tuned, '`maxAttempts` no longer waits for `pauseMs`.')).toBe('supported');
});

test('a reader can predict point 3: more than half of the weight, and 2 at least, in two passages', async () => {
  // `pauseMs` 2, and "keeps" and "every" are no terms: password 1 stands nowhere, 2 of 3.
  expect(await ruleOn(tuned, '`pauseMs` keeps every password.')).toBe('supported');
  // With memory 1 it is 2 of 4, which is half and not more.
  expect(await ruleOn(tuned, '`pauseMs` keeps every password in memory.')).toBe('not_supported');
  // Redis weighs 2 with a capital within the sentence, 2 of 4, and 1 without, 2 of 3.
  expect(await ruleOn(tuned, '`pauseMs` keeps Redis.')).toBe('not_supported');
  expect(await ruleOn(tuned, '`pauseMs` keeps redis.')).toBe('supported');
  // Seven stands neither as 7 nor as a word, so it weighs 2 of 4. "Two" may be uncounted in a diff: 2 of 3.
  expect(await ruleOn(tuned, '`pauseMs` has seven.')).toBe('not_supported');
  expect(await ruleOn(tuned, '`pauseMs` has two passwords.')).toBe('supported');
  // "quota" stands on 3 of 3 lines and weighs 1/2, tenants 1: less than 2.
  expect(await ruleOn(quotas, 'Tenants have a quota.')).toBe('not_supported');
  // With guests 1, of another line of the same passage, it is 2 1/2 of 2 1/2.
  expect(await ruleOn(quotas, 'Tenants and guests have a quota.')).toBe('supported');
  // "Ledger" stands on 3 of 30 lines and weighs 1/2, "invoice" 1; on 3 of 31 lines both weigh 1.
  expect(await ruleOn(ledgers(30), 'Each invoice has a ledger.')).toBe('not_supported');
  expect(await ruleOn(ledgers(31), 'Each invoice has a ledger.')).toBe('supported');
  // Each name 2, each in a file of its own: two passages hold 4 of 6, and 4 of 8.
  expect(await ruleOn(gates, 'Uses alphaGate, betaGate and gammaGate.')).toBe('supported');
  expect(await ruleOn(gates, 'Uses alphaGate, betaGate, gammaGate and deltaGate.')).toBe('not_supported');
});

test('a reader can predict point 4: what a sentence of the summary must hold to surface a change', async () => {
  const surfaces = (summary: string) =>
    verdictOn(tuned, {
      measure: 'recall',
      changes: [
        {
          id: 'a',
          statement: 'Changes `maxAttempts` from `3` to `5` in src/client.ts.',
          quote: 'const maxAttempts = 5;',
        },
      ],
      summary,
    });
  // The name, in another spelling.
  expect(await surfaces('There is a different MAX_ATTEMPTS for clients.')).toBe('surfaced');
  // No name, so the new number and a word of the name: 5 and attempts; 3 is the old one.
  expect(await surfaces('Clients make 5 attempts.')).toBe('surfaced');
  expect(await surfaces('Clients made 3 attempts.')).toBe('not_surfaced');
  // The name, but it is said to be removed and stands on 1 removed line and on 1 added line.
  expect(await surfaces('The maxAttempts constant was removed.')).toBe('not_surfaced');
  // "Const" is a diff word; of the sentence's own words, maxAttempts and 5, both lie in a run of 3.
  expect(await surfaces('const maxAttempts = 5')).toBe('not_surfaced');
  // "The", "is" and "to" are stop words, "line" and "added" diff words, and a path does not count: again 2 of 2.
  expect(await surfaces('The line `const maxAttempts = 5;` is added to src/client.ts.')).toBe('not_surfaced');
  // With "clients" and "patience" it is 2 of 4, which is not more than half.
  expect(await surfaces('By const maxAttempts = 5 clients have patience.')).toBe('surfaced');
});

test('a reader can predict point 5: the share of the reference answer, rounded down to a quarter', async () => {
  const grade = (response: string) =>
    verdictOn(tuned, {
      measure: 'reply',
      question: 'Which limit is a client given?',
      referenceAnswer: '`maxAttempts` of 5 with `pauseMs`',
      response,
    });
  // `maxAttempts` 2, 5 2, `pauseMs` 2.
  expect(await grade('Its maxAttempts is 5, and it has a pauseMs.')).toBe('1');
  // 4 of 6, rounded down.
  expect(await grade('It has five max attempts.')).toBe('0.5');
  // 2 of 6, rounded down.
  expect(await grade('Its pauseMs.')).toBe('0.25');
  expect(await grade('Its keepAlive.')).toBe('0');
});

async function questionOn(...lines: string[]): Promise<string | undefined> {
  const diff = `--- a/src/read.ts\n+++ b/src/read.ts\n@@ -1 +1 @@\n${lines.join('\n')}\n`;
  const reply = await offlineJudge().open(changeOf(diff)).ask({ measure: 'answer_key' });
  return reply.ok ? reply.answer.question?.text : undefined;
}

test('a reader can predict point 6: what an answer key holds and asks', async () => {
  const reply = await offlineJudge().open(tuned).ask({ measure: 'answer_key' });
  // 3 changed lines make 1 change; a changed value is worth 9, the newly given `pauseMs` 5.
  expect(reply.ok && reply.answer.changes.map(({ statement }) => statement)).toEqual([
    'Changes `maxAttempts` from `3` to `5` in src/client.ts.',
  ]);
  expect(reply.ok && reply.answer.question?.text).toBe(
    'In `src/client.ts`, to which value is `maxAttempts` changed?',
  );
  // `size` is set to two values, `header` is what a function returns, and `limit` is set to one value.
  expect(
    await questionOn(
      '+let size = 0;',
      '+size = 9;',
      "+const header = headers.get('accept');",
      '+const limit = 40;',
    ),
  ).toBe('In `src/read.ts`, which value is `limit` given?');
  // The longest word of the added line is on the removed one as well, "spans" is not.
  expect(await questionOn('-watch(element, paints)', '+watch(element, spans)')).toBe(
    'Which word is missing in this changed line of `src/read.ts`: watch(element, ____)',
  );
  // 3 given values, each worth 5. Only their order decides which one is taken.
  const key = await offlineJudge().open(quotas).ask({ measure: 'answer_key' });
  expect(key.ok && key.answer.changes.map(({ quote }) => quote)).toEqual(['const quotaOfTenants = 40;']);
});
