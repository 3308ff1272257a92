import { expect, test } from 'vitest';
import { generatedFiles } from '../../diff/generated.ts';
import { testCalls } from './declarations.ts';
import { formsOf, grammar, kinds, verbs, wordsOf } from './grammar.ts';
import { productNames } from './prose-tokens.ts';
import { offlineModel, offlineRule } from './rule.ts';

test('the published rule names its version and shows every list that the code uses', () => {
  expect(offlineRule.startsWith(`${offlineModel}\n`)).toBe(true);
  const shown = new Set(offlineRule.split(/\s+/));
  for (const list of Object.values(grammar))
    for (const word of wordsOf(list)) expect(shown, word).toContain(word);
  for (const word of [...productNames, ...testCalls, ...generatedFiles]) expect(shown, word).toContain(word);
});

test('the published rule fits the page that shows it', () => {
  for (const line of offlineRule.split('\n')) expect(line.length, line).toBeLessThanOrEqual(130);
});

test.each([
  ['add', 'adds adding added'],
  ['drop', 'drops dropping dropped'],
  ['replace', 'replaces replacing replaced'],
  ['supply', 'supplies supplied'],
  ['take', 'takes taking took taken'],
])('forms of %s', (verb, forms) => {
  expect(formsOf(verb)).toEqual(expect.arrayContaining(forms.split(' ')));
});

test('no verb has two directions', () => {
  const bases = [...Map.groupBy(verbs, ([form]) => form).values()];
  expect(bases.filter((same) => same.length > 1)).toEqual([]);
  expect(kinds).toContain('properties');
});
