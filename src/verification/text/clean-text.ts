import { mapLeaves } from '#contracts/json.ts';
import { redacted } from '#contracts/redacted.ts';
import type { RunSecrets } from '#contracts/run.ts';
import { storableText } from '#contracts/text.ts';

/** Header names whose values every client sends and any answer may mention. Hiding them would only garble texts. */
const openHeaders = /^(?:accept(?:-.*)?|content-type|user-agent|cache-control)$/i;
/** Shorter pieces are ordinary words. Hiding them would change what an oracle said. */
const shortestHidden = 8;

const wordsOf = (text: string) => [text, ...text.split(/[\s,;=:]+/)];

/** The strings that must not leave a run, longest first, so that a whole value is hidden before its parts. */
const secretWords = (secrets: RunSecrets): string[] => {
  const words = Object.entries(secrets.oracleHeaders)
    .filter(([name]) => !openHeaders.test(name))
    .flatMap(([, value]) => wordsOf(value));
  if (secrets.githubToken !== null) words.push(secrets.githubToken);
  if (secrets.oracleUrl !== null && URL.canParse(secrets.oracleUrl)) {
    const url = new URL(secrets.oracleUrl);
    if (url.search !== '') words.push(url.search.slice(1), ...url.searchParams.values());
  }
  return [...new Set(words)]
    .filter((word) => word.length >= shortestHidden)
    .sort((a, b) => b.length - a.length);
};

/** Makes text fit to be stored and shown. */
export type CleanText = (text: string) => string;

/**
 * Makes outside texts fit for Postgres and for readers other than their owner: it hides the run's secrets, since an
 * oracle may repeat its headers.
 */
export const cleanTextOf = (secrets: RunSecrets): CleanText => {
  const words = secretWords(secrets);
  return (text) => words.reduce((kept, word) => kept.replaceAll(word, redacted), storableText(text));
};

/** The same value with every string in it cleaned. Keys are the project's own and stay. */
export const cleanValue = <T>(value: T, clean: CleanText): T =>
  mapLeaves(value, (leaf) => (typeof leaf === 'string' ? clean(leaf) : leaf));
