import type { CanaryWay } from '#contracts/replay.ts';
import { numberWords, spelledNames } from './named.ts';
import type { WordRun } from './word-run.ts';

const list = (words: string) => new Set(words.trim().split(/\s+/u));

/** Verbs with a direction, in their forms, and other words that have one. A word and its opposite stand in two lists. */
const onwards = list(`
  add adds added adding accept accepts accepted accepting admit admits admitted admitting allow allows allowed allowing
  permit permits permitted permitting append appends appended appending attach attaches attached attaching begin begins
  began begun beginning create creates created creating enable enables enabled enabling enter enters entered entering
  expand expands expanded expanding expose exposes exposed exposing extend extends extended extending gain gains gained
  gaining grow grows grew grown growing include includes included including increase increases increased increasing
  insert inserts inserted inserting introduce introduces introduced introducing join joins joined joining keep keeps kept
  keeping lengthen lengthens lengthened lengthening load loads loaded loading lock locks locked locking open opens opened
  opening pass passes passed passing raise raises raised raising require requires required requiring resume resumes
  resumed resuming save saves saved saving store stores stored storing send sends sent sending show shows showed shown
  showing start starts started starting succeed succeeds succeeded take takes took taken taking tighten tightens tightened
  tightening widen widens widened widening write writes wrote written writing push pushes pushed pushing encrypt encrypts
  encrypted encrypting encode encodes encoded encoding install installs installed installing acquire acquires acquired
  split splits splitting trust trusts trusted trusting mount mounts mounted mounting wrap wraps wrapped wrapping connect
  connects connected connecting
  after later newer latest newest last up upper upward upwards above over inside into ascending forward forwards public
  more most maximum longer longest larger largest higher highest greater wider stricter strictly`);
const back = list(`
  remove removes removed removing reject rejects rejected rejecting refuse refuses refused refusing forbid forbids forbade
  forbidden forbidding deny denies denied denying prepend prepends prepended prepending detach detaches detached detaching
  end ends ended ending delete deletes deleted deleting disable disables disabled disabling leave leaves left leaving
  shrink shrinks shrank shrunk shrinking hide hides hid hidden hiding cut cuts cutting lose loses lost losing exclude
  excludes excluded excluding decrease decreases decreased decreasing reduce reduces reduced reducing omit omits omitted
  omitting drop drops dropped dropping discard discards discarded discarding erase erases erased erasing shorten shortens
  shortened shortening unload unloads unloaded unloading unlock unlocks unlocked unlocking close closes closed closing
  fail fails failed failing lower lowers lowered lowering waive waives waived waiving suspend suspends suspended
  suspending receive receives received receiving stop stops stopped stopping give gives gave given giving loosen loosens
  loosened loosening relax relaxes relaxed narrow narrows narrowed narrowing read reads reading pull pulls pulled pulling
  decrypt decrypts decrypted decrypting decode decodes decoded decoding uninstall uninstalls uninstalled uninstalling
  release releases released releasing merge merges merged merging distrust distrusts distrusted distrusting unmount
  unmounts unmounted unmounting unwrap unwraps unwrapped unwrapping skip skips skipped skipping ignore ignores ignored
  ignoring block blocks blocked blocking prevent prevents prevented preventing revoke revokes revoked revoking withhold
  withholds withheld withholding disconnect disconnects disconnected
  before earlier older earliest oldest first down lower downward downwards below under outside out descending backward
  backwards private less least minimum shorter shortest smaller smallest lowest fewer narrower looser loosely`);
/** Between two ends whose order has a meaning. */
const betweenEnds = list(
  'to into onto over than before after instead with by for of from in as under above below at on behind',
);

type Marks = {
  /** Opens a clause of the kind wherever it stands. */
  opening: ReadonlySet<string>;
  /** Does so only behind a comma. */
  first: ReadonlySet<string>;
  /** Speaks for the words beside it alone. */
  near: ReadonlySet<string>;
};

/** What makes a clause a condition, or says for which cases it holds. */
const conditionMarks: Marks = {
  opening: list(`
    if when whenever unless until till while where wherever once whether without except before after otherwise else
    provided however assuming`),
  first: list('for'),
  near: list(`
    only already as every each any all none anything nothing everything neither both either alone always never during
    within beyond`),
};
/** What ties an effect to its cause. */
const causeMarks: Marks = {
  opening: list(`
    because since so therefore thus hence due thanks when if otherwise until instead rather`),
  first: list('as which leaving making giving returning throwing ending'),
  near: list(`
    which as cause causes caused let lets make makes made means leads leading results resulting prevents avoids keeps
    leaving making giving returning throwing ending`),
};

/** A match begins only where a run of marks does, so that a long run takes linear time. */
const bare = (word: string) =>
  word.replace(/^[("'“‘]+|(?<![)"'”’.,;:!?])[)"'”’.,;:!?]+$/gu, '').toLowerCase();
const plain = (words: string[]) => words.map(bare).filter((word) => word !== '');

const hasDirection = (words: string[], side: ReadonlySet<string>) => words.some((word) => side.has(word));

/** The same words in another order, around a word that says which end is which. */
const swapsEnds = (from: string[], to: string[]): boolean =>
  from.some((word) => betweenEnds.has(word)) &&
  from.join(' ') !== to.join(' ') &&
  from.toSorted().join(' ') === to.toSorted().join(' ');

const turnsDirection = (from: string[], to: string[]): boolean =>
  (hasDirection(from, onwards) && hasDirection(to, back)) ||
  (hasDirection(from, back) && hasDirection(to, onwards));

/** One literal: a number, a number in words, a quoted text, or in backticks what code may have as a value. */
const isLiteral = (words: string[]): boolean => {
  const text = words.join(' ').replace(/^[(]|(?<![).,;:])[).,;:]+$/gu, '');
  if (/^(?:"[^"]+"|'[^']+'|“[^”]+”|`["'][^`]*["']`|`[a-z][a-z0-9 _-]*`|`[A-Z][A-Z0-9_]*`)$/u.test(text))
    return true;
  return (
    words.length === 1 &&
    (/\d/.test(text) || numberWords.has(bare(text)) || /^`?(?:true|false|null|undefined|none)`?$/i.test(text))
  );
};

/** One identifier, file or place, spelled as a name. */
const isName = (words: string[]): boolean =>
  words.length === 1 &&
  spelledNames(words[0] ?? '').length === 1 &&
  !/^\W*[\d.,_]+\W*$/u.test(words[0] ?? '');

/** The words before a run since the last comma or stop. */
const ownClause = (before: string[]): string[] =>
  before.slice(before.findLastIndex((word) => /[,.;:)]$/u.test(word)) + 1);

/** Whether a run holds such a mark, follows one directly, or stands in a clause that one opens. */
const speaksOf = ({ opening, first, near }: Marks, { before, from, to }: WordRun): boolean => {
  const clause = plain(ownClause(before));
  return (
    plain([...before.slice(-1), ...from, ...to]).some((word) => opening.has(word) || near.has(word)) ||
    clause.some((word) => opening.has(word)) ||
    (clause.length < before.length && first.has(clause[0] ?? ''))
  );
};

const turns = ({ from, to }: WordRun): boolean => {
  const [a, b] = [plain(from), plain(to)];
  return turnsDirection(a, b) || swapsEnds(a, b);
};

/** Whether both sides hold some, and not the same. */
const replaces = (from: string[], to: string[]): boolean =>
  from.length > 0 && to.length > 0 && from.join(' ') !== to.join(' ');

/** "one" and "once" are seldom values in prose. */
const valuesIn = (words: string[]) =>
  words.map(bare).filter((word) => isLiteral([word]) && !/^onc?e$/.test(word));

const replacesValueOrName = ({ from, to }: WordRun): boolean =>
  (isLiteral(from) && isLiteral(to)) ||
  replaces(valuesIn(from), valuesIn(to)) ||
  replaces(spelledNames(from.join(' ')), spelledNames(to.join(' ')));

/**
 * Whether what two texts differ in is of the kind of a way (methodology, "Canaries"). A run that turns a direction, or puts
 * another value or name in, is neither a condition nor a cause, whatever words stand beside it: a judge may see through
 * it as the other kind.
 */
export function isOfWay(way: CanaryWay, run: WordRun): boolean {
  const { from, to } = run;
  const isOther = () => turns(run) || replacesValueOrName(run);
  switch (way) {
    case 'direction':
      return turns(run);
    case 'value':
      return isLiteral(from) && isLiteral(to);
    case 'name':
      return isName(from) && isName(to);
    case 'condition':
      return speaksOf(conditionMarks, run) && !isOther();
    case 'cause':
      return speaksOf(causeMarks, run) && !isOther();
  }
}
