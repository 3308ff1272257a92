import type { DiffIndex } from './diff-index.ts';
import { adverbs, auxiliaries, determiners, kinds, prepositions } from './grammar.ts';
import { type Mentions, mentionsOf, phraseName } from './mentions.ts';
import { isWord, type ProseToken, wordAt } from './prose-tokens.ts';
import type { Mention, StatedValue, Statement } from './statement.ts';

type Token = ProseToken;

/** "`x` from 3 to 5", "the default of `x` to 5". Null: no name, or no value. */
export function valueStatement(
  bearer: Mentions,
  object: Mentions,
  trend: 'up' | 'down' | null,
  index: DiffIndex,
  words?: Token[],
): Statement[] | null {
  const asValue = (preposition: string): StatedValue[] | undefined =>
    bearer.core.length > 0
      ? object.after
          .get(preposition)
          ?.filter(({ path }) => !path)
          .map(({ text }) => ({ value: { kind: 'word', text }, unit: '' }))
      : undefined;
  const [old] = object.values.get('from') ?? bearer.values.get('from') ?? asValue('from') ?? [];
  const [next] =
    object.values.get('to') ??
    object.values.get('at') ??
    object.values.get('with') ??
    object.values.get('by') ??
    (old || trend ? undefined : object.values.get('')) ??
    (trend === null ? asValue('to') : undefined) ??
    [];
  if (!old && !next) return null;
  // "from 5 to 20 seconds"
  const was = old && next && old.unit === '' ? { ...old, unit: next.unit } : old;
  const linked = bearer.after.get('of') ?? bearer.after.get('for') ?? [];
  const [first] = bearer.core;
  const sole = first ?? linked.find(({ path }) => !path) ?? valueName(words ?? [], index);
  if (!sole) return null;
  // "raised by 5" gives no value.
  if (!old && object.values.has('by') && !object.values.has('to') && trend) return null;
  const [place] = [...(object.after.get('in') ?? []), ...(bearer.after.get('in') ?? [])].filter(
    ({ path }) => path,
  );
  // "`x` and `y` go from 3 to 5"
  const names = first ? bearer.core : [sole];
  return names.map((name) => ({
    form: 'value',
    name: { text: name.text, noun: name.noun },
    old: was ?? null,
    new: next ?? null,
    trend,
    path: place?.text ?? bearer.files[0] ?? null,
    loose: false,
  }));
}

/** What a value belongs to, in plain words: the parts of one name, or the one word that is a setting of the diff. */
function valueName(tokens: Token[], index: DiffIndex): Mention | null {
  const end = tokens.findIndex((token) => /^(?:from|to|at)$/.test(wordAt(token)));
  const head = end < 0 ? tokens : tokens.slice(0, end);
  const phrase = phraseName(head, index);
  if (phrase !== null) return { text: phrase, noun: '' };
  const last = head.filter(
    (token) =>
      token.kind === 'word' &&
      !determiners.has(token.text) &&
      !adverbs.has(token.text) &&
      !auxiliaries.has(token.text),
  );
  const [only] = last;
  const isSetting = (name: string) =>
    index.files.some((file) => (file.names.get(name)?.settings.length ?? 0) > 0);
  return last.length === 1 && only && isSetting(only.text) ? { text: only.text, noun: '' } : null;
}

/** "`x` is now 3", "`x` = 3", "`x` (3)" and "the default of `x` is 3". */
export function copulaOf(tokens: Token[], index: DiffIndex): Statement[] {
  const at = tokens.findIndex((token) =>
    /^(?:is|are|=|equals|defaults)$/.test(token.kind === 'word' || token.kind === 'mark' ? token.text : ''),
  );
  const read = (value: Token | undefined): StatedValue | null => {
    if (value?.kind === 'value') return { value: value.value, unit: value.unit };
    return value?.kind === 'word' && /^(?:true|false|null|nil)$/.test(value.text)
      ? { value: { kind: 'word', text: value.text }, unit: '' }
      : null;
  };
  if (at <= 0) return [];
  const rest = tokens
    .slice(at + 1)
    .filter(
      (token) =>
        !(
          token.kind === 'word' &&
          (adverbs.has(token.text) ||
            determiners.has(token.text) ||
            token.text === 'to' ||
            token.text === 'set')
        ),
    );
  const next = rest[0]?.kind === 'word' && /^new$/.test(rest[0].text) ? null : read(rest[0]);
  const lead = tokens.slice(0, at);
  const subject = mentionsOf(lead, index);
  const isNew =
    isWord(rest[0], 'new') &&
    (rest.length === 1 ||
      isWord(rest[1], prepositions) ||
      (kinds.has(wordAt(rest[1])) && (rest.length === 2 || isWord(rest[2], prepositions))));
  // "`x` is no longer a dependency"
  const isGone =
    isWord(rest[0], 'no-longer') && rest.length === 2 && /^(?:dependency|requirement)$/.test(wordAt(rest[1]));
  if (isNew || isGone)
    return subject.core.map(
      (name): Statement => ({
        form: isNew ? 'added' : 'removed',
        name,
        use: 'any',
        within: null,
        module: null,
        path: null,
        loose: false,
      }),
    );
  if (!next || rest.length > 4) return [];
  const statements = valueStatement(
    subject,
    { ...subject, values: new Map([['to', [next]]]), after: new Map() },
    null,
    index,
    lead,
  );
  return statements ?? [];
}
