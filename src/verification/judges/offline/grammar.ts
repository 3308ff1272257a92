/** The words from which a statement's form is read. Each list stands here once, and the published rule shows them. */
export const grammar = {
  additions: `add introduce create define declare insert append prepend register implement establish include provide
    expose export build ship`,
  removals: 'remove delete drop eliminate discard retire strip purge withdraw uninstall erase',
  arrivals: 'appear land join arrive exist occur',
  departures: 'disappear vanish go',
  gains: 'gain get receive acquire carry have take accept hold store record keep',
  losses: 'lose shed',
  renamings: 'rename retitle',
  replacements: 'replace supersede swap substitute exchange',
  movings: 'move relocate extract transfer shift hoist',
  importings: 'import',
  callings: 'call invoke',
  usings: 'use utilise utilize employ',
  throwings: 'throw reject',
  returnings: 'return yield give answer resolve',
  rises: 'raise increase rise grow extend lengthen upgrade bump widen',
  falls: 'lower decrease reduce fall shrink shorten downgrade cut halve',
  settings: 'change set switch turn migrate flip pin default limit cap become update adjust alter convert',
  auxiliaries: 'is are was were be been being get gets got has have had',
  negations: `not no never none nobody nothing nowhere neither nor cannot without hardly barely scarcely rarely seldom
    unchanged untouched unaffected still except unlike false untrue wrong incorrect mistaken far`,
  refusals: `fail fails failed failing refuse refuses refused avoid avoids avoided forget forgets forgot omit omits omitted
    skip skips skipped neglect neglects lack lacks lacked lacking stop stops stopped prevent prevents prevented resist
    resists`,
  quantities: `max maximum min minimum most least limit cap count size number num total default length value threshold
    allowed longest shortest largest smallest biggest highest lowest fewest every ms millis milliseconds s sec secs seconds minutes hours days bytes kb mb percent the`,
  modals: `may might could should would must can shall will won ought seem seems seemed consider considers considered
    deny denies denied doubt doubts discuss discusses discussed reject rejected postpone postponed later soon eventually
    future todo already previously formerly originally`,
  volitions: `want wants wanted need needs needed plan plans planned intend intends intended try tries tried attempt
    attempts attempted hope hopes wish wishes propose proposes proposed suggest suggests suggested recommend recommends
    claim claims claimed allege alleges alleged pretend pretends assume assumes assumed suppose supposed believe
    believes expect expects expected imagine rumour rumours rumoured rumored`,
  doubts: `perhaps maybe possibly probably likely presumably apparently seemingly supposedly allegedly hopefully
    hypothetically`,
  conditions: 'if when unless whenever wherever provided assuming otherwise once until till whether lest',
  orders: 'before after afterwards first last finally because since',
  breaks: `and but or while whereas which who whose so because since where as plus then thus hence thereby therefore
    though although yet before after besides despite however`,
  prepositions: `to into in within inside on onto of from for with without by at as through via around about under over
    between among across per against behind than using during based like`,
  determiners: `a an the its their this that these those each every both all some any our his her one two three four
    several many another other`,
  adjectives: `new old unused own small separate dedicated shared common generic optional required private public
    static async asynchronous local global internal external helper pure single extra further additional first second
    last main whole simple exported abstract partial default now also only just newly previous former existing
    respective corresponding boolean numeric string named called entire dead legacy obsolete deprecated redundant
    runtime development dev direct`,
  kinds: `function method class type interface struct enum trait record module package constant const variable var
    field property prop attribute parameter param argument arg option flag setting key column table index view trigger
    endpoint route header component hook helper handler service command verb script target job step macro decorator
    annotation dependency library file error exception event member entry symbol identifier rule selector section
    heading threshold limit timeout cap schema model controller middleware plugin extension getter setter export alias
    namespace label tag variant overload definition declaration constructor wrapper check guard test case query
    signal sequence policy procedure callback listener validator parser builder factory reader writer list array map
    set object wrapper utility util import call use usage reference requirement default value version attribute
    environment secret crate gem fixture message signature routine subroutine predicate mixin protocol typedef
    template fragment element directive`,
  linking: 'call import use usage reference dependency invocation definition declaration requirement export',
  generic: `change commit pr patch diff request pull it this that we author release update refactoring refactor
    code they he she i one which summary`,
  telling: `export expose register build ship establish store record keep hold accept receive carry`,
  nouns: `call import use usage reference definition declaration export value default version key member entry symbol
    identifier parameter param argument arg prop setting option flag file module package library rule selector schema
    model limit cap threshold timeout index label`,
  fillers: `a an the its their this that these those both it we they which there and but while whereas plus so-called
    named called new old own now also newly too previous former additional extra further another respectively
    respective altogether entirely completely instead anymore together alongside accordingly here change commit pr
    patch diff pull request author no-longer instead-of in-favour-of replaced-by disappeared true false null nil word
    words wording phrase phrases`,
  places: 'to into in within inside on onto of from by',
  limits: `only solely exclusively merely just always ever all every each any some both either exactly precisely
    least most more less fewer greater larger smaller twice once double thrice half again one single sole multiple
    several many few two same different other others unlike safe fast slow`,
  modifiers: `private public protected internal exported export static async asynchronous sync synchronous optional
    required readonly immutable mutable abstract final generic nullable deprecated unused local global pure virtual
    sealed inline unique partial concurrent string numeric boolean integer`,
  adverbs: `too again instead here there everywhere also now only accordingly directly back altogether entirely
    completely first together anymore alongside respectively newly respectively explicitly`,
} as const;

const doubled = /^(?:drop|strip|get|set|swap|cut|cap|pin|shed|stop|flip|skip|plan|refer)$/;
const irregular: Record<string, string> = {
  get: 'got gotten',
  have: 'has had having',
  take: 'took taken',
  hold: 'held',
  keep: 'kept',
  lose: 'lost',
  go: 'goes went gone',
  become: 'became',
  rise: 'rose risen',
  fall: 'fell fallen',
  grow: 'grew grown',
  shrink: 'shrank shrunk',
  cut: 'cut',
  set: 'set',
  throw: 'threw thrown',
  give: 'gave given',
  withdraw: 'withdrew withdrawn',
  shed: 'shed',
};

/** The forms of an English verb: "drop" gives drops, dropped and dropping. */
export function formsOf(verb: string): string[] {
  const stem = doubled.test(verb) ? verb + verb.at(-1) : verb.replace(/e$/, '');
  const plural = /(?:s|x|ch|sh)$/.test(verb)
    ? `${verb}es`
    : /[^aeiou]y$/.test(verb)
      ? `${verb.slice(0, -1)}ies`
      : `${verb}s`;
  const past = /[^aeiou]y$/.test(verb) ? `${verb.slice(0, -1)}ied` : `${stem}ed`;
  const own = irregular[verb]?.split(' ') ?? [past];
  return [verb, plural, `${stem}ing`, ...own];
}

export const wordsOf = (list: string): string[] => list.trim().split(/\s+/u);
const setOf = (list: string): ReadonlySet<string> => new Set(wordsOf(list));

export type VerbClass =
  | 'add'
  | 'remove'
  | 'arrive'
  | 'depart'
  | 'gain'
  | 'lose'
  | 'rename'
  | 'replace'
  | 'move'
  | 'import'
  | 'call'
  | 'use'
  | 'throw'
  | 'return'
  | 'rise'
  | 'fall'
  | 'set';
const classes: [VerbClass, string][] = [
  ['add', grammar.additions],
  ['remove', grammar.removals],
  ['arrive', grammar.arrivals],
  ['depart', grammar.departures],
  ['gain', grammar.gains],
  ['lose', grammar.losses],
  ['rename', grammar.renamings],
  ['replace', grammar.replacements],
  ['move', grammar.movings],
  ['import', grammar.importings],
  ['call', grammar.callings],
  ['use', grammar.usings],
  ['throw', grammar.throwings],
  ['return', grammar.returnings],
  ['rise', grammar.rises],
  ['fall', grammar.falls],
  ['set', grammar.settings],
];
export const verbs: ReadonlyMap<string, { of: VerbClass; base: string }> = new Map(
  classes.flatMap(([of, list]) =>
    wordsOf(list).flatMap((base) =>
      formsOf(base).map((form): [string, { of: VerbClass; base: string }] => [form, { of, base }]),
    ),
  ),
);

const plurals = (list: string) =>
  new Set(
    wordsOf(list).flatMap((noun) => [
      noun,
      /(?:s|x|ch|sh)$/.test(noun)
        ? `${noun}es`
        : /[^aeiou]y$/.test(noun)
          ? `${noun.slice(0, -1)}ies`
          : `${noun}s`,
    ]),
  );
export const kinds: ReadonlySet<string> = plurals(grammar.kinds);
export const linking: ReadonlySet<string> = plurals(grammar.linking);
export const auxiliaries = setOf(grammar.auxiliaries);
export const negations = setOf(grammar.negations);
export const refusals = setOf(grammar.refusals);
export const quantities = setOf(grammar.quantities);
export const orders = setOf(grammar.orders);
export const modals = setOf(`${grammar.modals} ${grammar.doubts}`);
export const volitions = setOf(grammar.volitions);
export const doubts = setOf(grammar.doubts);
export const conditions = setOf(grammar.conditions);
export const breaks = setOf(grammar.breaks);
export const prepositions = setOf(grammar.prepositions);
export const determiners = setOf(grammar.determiners);
export const adjectives = setOf(grammar.adjectives);
export const generic = setOf(grammar.generic);
export const adverbs = setOf(grammar.adverbs);
export const tellingVerbs = setOf(grammar.telling);
export const plainNouns = plurals(grammar.nouns);
export const fillers = setOf(grammar.fillers);
export const places = setOf(grammar.places);
export const limits = setOf(grammar.limits);
export const modifiers = setOf(grammar.modifiers);
