import type { Span } from './json-objects.ts';

/** How a model's reasoning is named: `<think>`, `[REASONING]`, `<seed:think>`, `<|begin_of_thought|>`. */
const reasoningName =
  /(?:^|[^\p{L}])(?:think|thought|reason|reflect|analy[sz]|scratch|plan|deliberat|ponder|monolog|ruminat|introspect|consider|draft|brainstorm|inner|channel|cot(?!\p{L}))|^!--$/u;
/** Names that no text begins with unless it reasons, even if the reasoning never ends. */
const certainName = /(?:^|[^\p{L}])(?:think|thought|reason|channel)/u;

/** Names of marks around an answer. They hide nothing. */
const answerName =
  /^(?:final|final[_-]?answer|answer|response|result|output|data|json|solution|text|message|assistant|reply)$/;
/** Elements of HTML are part of what a text says. */
const htmlName =
  /^(?:a|b|body|br|button|code|details|div|em|form|h[1-6]|head|hr|html|i|img|input|li|link|main|ol|p|pre|s|script|section|span|strong|style|summary|table|tbody|td|th|thead|tr|u|ul)$/;

const name = String.raw`[\p{L}_][\p{L}\p{N}_.:-]{0,63}`;
/**
 * The marks that models and servers put around reasoning: tags, brackets, Kimi's triangles, the special tokens of chat
 * templates (`<|name|>`, and Gemma's `<|name>` with `<name|>`), and comments.
 */
const marks = new RegExp(
  [
    '(?<comment><!--|-->)',
    `<(?<tagEnds>/?)(?<tag>${name})(?:\\s[^<>]*)?>`,
    `\\[(?<bracketEnds>/?)(?<bracket>${name})\\]`,
    `◁(?<triangleEnds>/?)(?<triangle>${name})▷`,
    `<[|｜](?<tokenEnds>/?)(?<token>[\\p{L}_][\\p{L}\\p{N}_.:▁-]{0,63})(?:[|｜])?>`,
    `<(?<tokenEnd>${name})\\|>`,
  ].join('|'),
  'gu',
);

/** Harmony (OpenAI's format for gpt-oss): what is written in a channel other than `final` is reasoning. */
const channelNames = new Set(['channel', 'message', 'start', 'end', 'return', 'call', 'constrain']);
const opensChannel = new Set(['channel', 'start']);
const closesChannel = new Set(['end', 'return', 'call']);
const channelName = /\s*([A-Za-z_]*)/y;

type Mark = Span & {
  /** `answer`: a mark around the answer, which hides nothing but itself. `channel`: one of Harmony's tokens. */
  kind: 'opens' | 'closes' | 'answer' | 'channel';
  name: string;
};

/** The name of a template's token without the part that says whether it opens or closes. */
const tokenMark = (written: string, ends: boolean): Pick<Mark, 'kind' | 'name'> => {
  const opening = /^(?:start|begin)[_▁](?:of[_▁])?(.+)$|^(.+)_prefix$/.exec(written);
  const closing = /^end[_▁](?:of[_▁])?(.+)$|^(.+)_suffix$/.exec(written);
  const bare = opening?.[1] ?? opening?.[2] ?? closing?.[1] ?? closing?.[2] ?? written;
  return { kind: ends || closing !== null ? 'closes' : 'opens', name: bare };
};

const markOf = (match: RegExpExecArray): Mark => {
  const groups = match.groups ?? {};
  const [written] = match;
  const span = { start: match.index, end: match.index + written.length };
  if (groups.comment !== undefined)
    return { ...span, kind: groups.comment === '<!--' ? 'opens' : 'closes', name: '!--' };
  const ends = [groups.tagEnds, groups.bracketEnds, groups.triangleEnds, groups.tokenEnds].includes('/');
  const token = (groups.token ?? groups.tokenEnd)?.toLowerCase();
  if (token === undefined) {
    const read = (groups.tag ?? groups.bracket ?? groups.triangle ?? '').toLowerCase();
    return { ...span, kind: answerName.test(read) ? 'answer' : ends ? 'closes' : 'opens', name: read };
  }
  if (channelNames.has(token) && written.startsWith('<|') && written.endsWith('|>'))
    return { ...span, kind: 'channel', name: token };
  const read = tokenMark(token, ends || groups.tokenEnd !== undefined);
  return { ...span, ...read, kind: answerName.test(read.name) ? 'answer' : read.kind };
};

/** The marks in a text, in their order. A mark in an object is part of what it says; one in backticks is quoted. */
function* marksIn(text: string, objects: readonly Span[]): Generator<Mark> {
  let next = 0;
  for (const match of text.matchAll(marks)) {
    const mark = markOf(match);
    while ((objects[next]?.end ?? Number.POSITIVE_INFINITY) <= mark.start) next += 1;
    const isInObject = (objects[next]?.start ?? Number.POSITIVE_INFINITY) < mark.start;
    const isQuoted = text[mark.start - 1] === '`' && text[mark.end] === '`';
    const isHtml = htmlName.test(mark.name) || text[mark.end - 2] === '/';
    if (!isInObject && !isQuoted && !isHtml) yield mark;
  }
}

/** The spans' union, ordered and without overlaps. */
const union = (spans: Span[]): Span[] => {
  const merged: Span[] = [];
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && last.end >= start) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
};

const hiddenByChannels = (text: string, tokens: Mark[]): Span[] => {
  const hidden: Span[] = [];
  let from: number | null = null;
  let isReasoning = false;
  for (const { name, start, end } of tokens) {
    if (opensChannel.has(name)) {
      if (from !== null && isReasoning) hidden.push({ start: from, end: start });
      channelName.lastIndex = end;
      const channel = channelName.exec(text)?.[1]?.toLowerCase();
      from = from === null || isReasoning ? start : from;
      isReasoning = name === 'channel' && channel !== 'final';
    } else if (closesChannel.has(name)) {
      hidden.push({ start: from ?? start, end });
      from = null;
      isReasoning = false;
    } else if (name === 'message' && !isReasoning) {
      hidden.push({ start: from ?? start, end });
      from = null;
    }
  }
  if (from !== null && isReasoning) hidden.push({ start: from, end: text.length });
  return hidden;
};

/** The same channels after a server has dropped the template's tokens and kept the words between them. */
const bareChannels = (text: string): Span[] => {
  const end = 'assistantfinal';
  const at = /^\s*(?:analysis|commentary)/.test(text) ? text.lastIndexOf(end) : -1;
  return at < 0 ? [] : [{ start: 0, end: at + end.length }];
};

/** Whether a text has only white space outside these spans, up to `end`. */
export const isBlankOutside = (text: string, spans: readonly Span[], end = text.length): boolean => {
  let at = 0;
  for (const span of spans) {
    if (span.start >= end) break;
    if (text.slice(at, span.start).trim() !== '') return false;
    at = Math.max(at, span.end);
  }
  return text.slice(at, Math.max(at, end)).trim() === '';
};

/**
 * Where a model's text reasons instead of answering.
 * - `reasoning`: certainly. Marks around an answer belong to it too.
 * - `tagged`: in paired tags of other names. What is in them is no answer if anything is outside.
 * Both are ordered and without overlaps. It takes time linear in the text's length.
 * @param objects the JSON objects in the text; what looks like a mark in one is not one
 */
export const reasoningIn = (
  text: string,
  objects: readonly Span[],
): { reasoning: Span[]; tagged: Span[] } => {
  const reasoning: Span[] = bareChannels(text);
  const tagged: Span[] = [];
  const channels: Mark[] = [];
  const open: Mark[] = [];
  /** The places in `open` of each name's marks. Some may be out of date. */
  const placesOf = new Map<string, number[]>();
  let answerBegins = -1;

  const takeOpener = (closer: string): Mark | undefined => {
    const places = placesOf.get(closer) ?? [];
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      const opener = open[place];
      if (opener?.name !== closer) continue;
      open.length = place;
      return opener;
    }
    return undefined;
  };

  for (const mark of marksIn(text, objects)) {
    const { kind, start, end } = mark;
    const isReasoning = reasoningName.test(mark.name);
    if (kind === 'channel') channels.push(mark);
    else if (kind === 'answer') {
      reasoning.push({ start, end });
      if (text[start + 1] !== '/') answerBegins = start;
    } else if (kind === 'opens') {
      const places = placesOf.get(mark.name);
      if (places === undefined) placesOf.set(mark.name, [open.length]);
      else places.push(open.length);
      open.push(mark);
    } else {
      const opener = takeOpener(mark.name);
      if (opener !== undefined) (isReasoning ? reasoning : tagged).push({ start: opener.start, end });
      // The opening mark was in the prompt, so everything before the closing one is reasoning.
      else if (isReasoning) reasoning.push({ start: 0, end });
    }
  }
  for (const span of hiddenByChannels(text, channels)) reasoning.push(span);
  const known = union(reasoning);
  // Reasoning that never ends takes up the rest. Further into the text an opening mark may be anything.
  const [first] = open;
  if (first !== undefined && certainName.test(first.name) && isBlankOutside(text, known, first.start))
    reasoning.push({
      start: first.start,
      end: answerBegins > first.start ? answerBegins : text.length,
    });
  return { reasoning: union(reasoning), tagged: union(tagged) };
};
