import type { Value } from './values.ts';

/** A name as a text gives it, with the noun that says what it is. */
export type Mention = { text: string; noun: string };
export type StatedValue = { value: Value; unit: string };

/**
 * A fact as a text states it. `within`: the name that it is to stand in. `path`: the file. `loose`: the sentence may
 * also describe what the program does, so only its truth can be decided. `weak`: it does describe that, so a claim is
 * not true by it where the sentence gives an order too, or (any) a condition or a value that cannot be decided.
 */
export type Statement = { path: string | null; loose: boolean; weak?: 'order' | 'any' } & (
  | {
      form: 'added' | 'removed';
      name: Mention;
      use: 'any' | 'call' | 'import' | 'use';
      /** Only a definition of the name shows it: the program may add such things at work. */
      defines?: boolean;
      within: string | null;
      module: string | null;
    }
  | { form: 'renamed' | 'replaced'; from: Mention; to: Mention }
  | { form: 'moved'; name: Mention; from: string | null; to: string | null }
  | {
      form: 'value';
      name: Mention;
      old: StatedValue | null;
      new: StatedValue | null;
      trend: 'up' | 'down' | null;
    }
  /** What something throws or returns. `as`: the verbs that say so. */
  | {
      form: 'gives';
      as: 'throw' | 'return' | 'answer';
      sign: '+' | '-';
      within: Mention;
      what: Mention | StatedValue;
    }
  /** Words of a text. */
  | { form: 'said'; sign: '+' | '-'; text: string }
  | { form: 'file'; status: 'added' | 'deleted' | 'renamed'; file: string; to: string | null }
);
