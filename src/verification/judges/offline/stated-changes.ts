import type { Clause } from './clauses.ts';
import type { DiffIndex } from './diff-index.ts';
import type { Verb } from './direction-verbs.ts';
import { adjectives, adverbs, determiners, generic, kinds, prepositions } from './grammar.ts';
import { type Mentions, mentionsOf } from './mentions.ts';
import { isWord, type ProseToken, wordAt } from './prose-tokens.ts';
import { statedResults } from './stated-results.ts';
import { valueStatement } from './stated-values.ts';
import type { Statement } from './statement.ts';

type Token = ProseToken;

const isGeneric = (tokens: Token[]): boolean =>
  tokens.every(
    (token) =>
      token.kind === 'mark' ||
      token.kind === 'path' ||
      (token.kind === 'word' &&
        (generic.has(token.text) ||
          determiners.has(token.text) ||
          adjectives.has(token.text) ||
          adverbs.has(token.text) ||
          prepositions.has(token.text) ||
          token.text === 'no-longer' ||
          token.text === 'to' ||
          (kinds.has(token.text) &&
            /^(?:migration|module|file|test|script|library|package|version)s?$/.test(token.text)))),
  );

/** "the words “never counted”" */
const saidIn = (tokens: Token[]): string[] =>
  tokens.flatMap((token, at) =>
    token.kind === 'value' &&
    token.value.kind === 'word' &&
    /^(?:words?|wording|phrases?)$/.test(wordAt(tokens[at - 1]))
      ? [token.value.text]
      : [],
  );

export function statementsOf(
  clause: Clause,
  verb: Verb,
  subjects: Token[],
  index: DiffIndex,
  isContinued: boolean,
): Statement[] {
  const after = isContinued ? clause.tokens : clause.tokens.slice(verb.at + 1);
  const subject = mentionsOf(subjects, index);
  const object = mentionsOf(after, index);
  const now = clause.tokens.some((token) => isWord(token, 'now'));
  const subjectNames = subject.core;
  const strict = isGeneric(subjects) || now || verb.gone;
  const subjectPath = subject.files[0] ?? null;
  const passive = verb.voice !== 'active';
  const placeOf = (mentions: Mentions, words: string[]) => {
    for (const each of words) {
      const [place] = mentions.after.get(each) ?? [];
      if (place) return place;
    }
    return null;
  };
  const places = (words: string[]) => {
    const place = placeOf(object, words) ?? (passive ? placeOf(subject, words) : null);
    return { within: place && !place.path ? place.text : null, path: place?.path ? place.text : null };
  };
  const agentive = passive && object.after.has('by');
  const base = { path: null as string | null, loose: false };

  const change = (
    form: 'added' | 'removed',
    mentions: Mentions,
    where: { within: string | null; path: string | null },
    loose: boolean,
    use: 'any' | 'call' | 'import' | 'use' = 'any',
  ): Statement[] => {
    const linkedUse = /^call|^invocation/.test(mentions.link)
      ? 'call'
      : /^import/.test(mentions.link)
        ? 'import'
        : /^us|^reference/.test(mentions.link)
          ? 'use'
          : use;
    const names = mentions.core.map(
      (name): Statement => ({
        ...base,
        form,
        name,
        use: linkedUse,
        within: where.within,
        module: null,
        path: where.path,
        loose,
        ...(loose && linkedUse === 'any' ? { defines: true } : {}),
      }),
    );
    if (names.length > 0) return names;
    return mentions.files.map(
      (file): Statement => ({
        ...base,
        form: 'file',
        status: form === 'added' ? 'added' : 'deleted',
        file,
        to: null,
        loose,
      }),
    );
  };

  switch (verb.of) {
    case 'add':
    case 'remove': {
      const form = verb.of === 'add' ? 'added' : 'removed';
      if (verb.gone) return [];
      const words =
        verb.of === 'add'
          ? ['to', 'into', 'in', 'within', 'inside', 'on', 'of']
          : ['from', 'of', 'in', 'within', 'inside'];
      // "a constant `x` with the value 3 is added"
      const [value, ...more] = [subject, object].flatMap(({ values }) => values.get('with') ?? []);
      const [bearer, ...others] = (passive ? subject : object).core;
      const isGiven = form === 'added' && bearer && value && more.length + others.length === 0;
      const given: Statement[] =
        isGiven && clause.tokens.some((token) => /^(?:default|value)$/.test(wordAt(token)))
          ? [{ ...base, form: 'value', name: bearer, old: null, new: value, trend: null }]
          : [];
      const said = saidIn(clause.tokens).map(
        (text): Statement => ({
          ...base,
          form: 'said',
          sign: form === 'added' ? '+' : '-',
          text,
          path: places(words).path ?? subjectPath,
        }),
      );
      if (said.length > 0) return said;
      if (passive) return [...given, ...change(form, subject, places(words), agentive)];
      const where = places(words);
      const from = verb.base === 'drop' && valueStatement(subject, object, 'down', index);
      if (from) return from;
      const inSubject =
        where.within === null && where.path === null && subjectPath !== null
          ? { within: null, path: subjectPath }
          : where;
      return [...given, ...change(form, object, inSubject, !strict)];
    }
    case 'arrive':
    case 'depart':
      if (passive || (verb.gone && !/^(?:exist|occur)$/.test(verb.base))) return [];
      if (/^(?:exist|occur)$/.test(verb.base) && (verb.gone || now))
        return change(verb.gone ? 'removed' : 'added', subject, places(['in']), false);
      if (/^(?:exist|occur)$/.test(verb.base)) return [];
      if (
        /^go(?:es|ing)?$|^went$|^gone$/.test(wordAt(clause.tokens[verb.at])) &&
        (object.values.size > 0 || object.core.length > 0)
      )
        return valueStatement(subject, object, null, index, subjects) ?? [];
      if (verb.base === 'go' && after.length > 0 && !isWord(after[0], adverbs) && wordAt(after[0]) !== 'away')
        return [];
      if (isWord(after[0], 'to')) return [];
      return change(
        verb.of === 'arrive' ? 'added' : 'removed',
        subject,
        places(['in', 'to', 'on', 'from']),
        false,
      );
    case 'gain':
    case 'lose': {
      if (verb.gone && verb.of === 'gain') {
        const [owner] = subjectNames;
        return change('removed', object, { within: owner?.text ?? null, path: subjectPath }, true);
      }
      if (passive) return [];
      const [owner] = subjectNames;
      const certain = /^(?:gain|acquire|lose|shed)$/.test(verb.base) || now;
      const byValue = /^(?:have|get|take)$/.test(verb.base)
        ? valueStatement(subject, object, null, index)
        : null;
      if (byValue) return byValue;
      return change(
        verb.of === 'gain' ? 'added' : 'removed',
        object,
        { within: owner?.text ?? null, path: subjectPath },
        !certain,
      );
    }
    case 'rename': {
      if (verb.gone) return [];
      // "the set is renamed from `x` to `y`"
      const [was] = (object.after.get('from') ?? []).filter(({ path }) => !path);
      const [from] = was && object.after.has('to') ? [was] : passive ? subject.core : object.core;
      const [to] = [
        ...(object.after.get('to') ?? []),
        ...(object.after.get('as') ?? []),
        ...(object.after.get('into') ?? []),
        // "`x` is renamed `y`"
        ...(passive ? object.core.map((name) => ({ ...name, path: false })) : []),
      ];
      const place = places(['in', 'of']);
      if (from && to && !to.path) return [{ ...base, form: 'renamed', from, to, path: place.path }];
      const [file] = passive ? subject.files : object.files;
      return file !== undefined && to?.path
        ? [{ ...base, form: 'file', status: 'renamed', file, to: to.text }]
        : [];
    }
    case 'replaced-by': {
      const [from] = subject.core;
      const [to] = object.core;
      const byValue = from && !to ? valueStatement(subject, object, null, index) : null;
      if (byValue) return byValue;
      return from && to ? [{ ...base, form: 'replaced', from, to, path: places(['in']).path }] : [];
    }
    case 'replace': {
      if (verb.gone || passive) return [];
      const [from] = object.core;
      const [to] = [
        ...(object.after.get('with') ?? []),
        ...(object.after.get('by') ?? []),
        ...(object.after.get('for') ?? []),
      ];
      const path = places(['in']).path ?? subjectPath;
      if (verb.base === 'swap' || verb.base === 'replace' || verb.base === 'exchange') {
        if (from && to && !to.path) return [{ ...base, form: 'replaced', from, to, path, loose: !strict }];
      }
      const [by] = subjectNames;
      if (from && by && (verb.base === 'replace' || verb.base === 'supersede'))
        return [{ ...base, form: 'replaced', from, to: by, path, loose: false }];
      return [];
    }
    case 'move': {
      if (verb.gone) return [];
      const names = passive ? subject.core : object.core.length > 0 ? object.core : subject.core;
      const to = placeOf(object, ['to', 'into', 'in', 'inside']);
      const from = placeOf(object, ['from', 'of']);
      if (names.length === 0) {
        const [file] = passive ? subject.files : object.files;
        return file !== undefined && to?.path
          ? [{ ...base, form: 'file', status: 'renamed', file, to: to.text }]
          : [];
      }
      if (!to && !from)
        return (
          valueStatement(passive || object.core.length === 0 ? subject : object, object, null, index) ?? []
        );
      return names.map(
        (name): Statement => ({
          ...base,
          form: 'moved',
          name,
          from: from?.text ?? null,
          to: to?.text ?? null,
          path: null,
          loose: !(passive || strict || object.core.length === 0),
        }),
      );
    }
    case 'import':
    case 'call':
    case 'use': {
      const names = passive ? subject : object;
      const [owner] = passive
        ? (object.after.get('by') ?? object.after.get('in') ?? object.after.get('from') ?? [])
        : subjectNames;
      const ownerPath = passive && owner && 'path' in owner && owner.path ? owner.text : subjectPath;
      const within = owner && !('path' in owner && owner.path) ? owner.text : null;
      const from = passive ? null : placeOf(object, ['from']);
      // "is called `x`" names something.
      if (passive && verb.of === 'call' && subject.core.length === 0) return [];
      if (passive && verb.of === 'call' && object.core.length > 0)
        return now && subject.core[0] && object.core[0]
          ? [{ ...base, form: 'renamed', from: subject.core[0], to: object.core[0] }]
          : [];
      const form = verb.gone ? 'removed' : 'added';
      const place = passive ? null : placeOf(object, ['in', 'within', 'inside']);
      return names.core.map(
        (name): Statement => ({
          ...base,
          form,
          name,
          use: verb.of === 'import' ? 'import' : verb.of === 'call' ? 'call' : 'use',
          within: verb.of === 'import' ? within : (within ?? (place && !place.path ? place.text : null)),
          module: verb.of === 'import' ? (from?.text ?? null) : null,
          path: ownerPath ?? (place?.path ? place.text : null),
          loose: !verb.gone && !now,
          ...(verb.gone ? {} : { weak: now ? 'order' : 'any' }),
        }),
      );
    }
    case 'throw':
    case 'return':
      return statedResults(
        { of: verb.of, base: verb.base, gone: verb.gone, passive },
        subject,
        object,
        after,
      );
    case 'rise':
    case 'fall':
    case 'set': {
      // "raises an error": no number, but a name.
      if (verb.base === 'raise' && object.values.size === 0 && object.core.length > 0 && subjectNames[0])
        return statedResults(
          { of: 'throw', base: 'raise', gone: verb.gone, passive },
          subject,
          object,
          after,
        );
      if (verb.gone) return [];
      const trend =
        verb.of === 'rise' && verb.base !== 'bump' && verb.base !== 'upgrade'
          ? 'up'
          : verb.of === 'fall' && verb.base !== 'downgrade'
            ? 'down'
            : null;
      // "`f` cuts the text to 40" sets nothing that is named.
      const isIntransitive =
        after.length === 0 ||
        isWord(after[0], prepositions) ||
        isWord(after[0], adverbs) ||
        after[0]?.kind === 'value';
      const ofSubject = passive || isIntransitive;
      const read = valueStatement(
        ofSubject ? subject : object,
        object,
        trend,
        index,
        ofSubject ? subjects : after,
      );
      if (read) return read;
      const [by] = object.after.get('by') ?? [];
      if (verb.base === 'extend' && passive && by && !by.path)
        return [
          {
            ...base,
            form: 'added',
            name: by,
            use: 'any',
            within: subject.core[0]?.text ?? null,
            module: null,
          },
        ];
      const [from] = object.after.get('from') ?? [];
      const [to] = object.after.get('to') ?? [];
      if (
        from &&
        to &&
        !from.path &&
        !to.path &&
        /^(?:switch|migrate|change|turn|convert|alter|update)$/.test(verb.base)
      )
        return [{ ...base, form: 'replaced', from, to }];
      const [became] = object.core;
      const [was] = subject.core;
      if (verb.base === 'become' && became)
        return was
          ? [{ ...base, form: 'renamed', from: was, to: became, loose: true }]
          : change('added', object, places(['in']), true);
      return [];
    }
  }
}
