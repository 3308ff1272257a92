import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { GroundTruth } from '#contracts/ground-truth.ts';
import { replaceLinks, withoutMergeForms } from '../text/merge-forms.ts';
import { escaped } from '../text/pattern.ts';

/** Enough digits of a digest that two ids of one run are never equal in practice. */
const idLength = 16;

/**
 * Matches the repository's name in a text: `owner/name`, even if the repository was given by URL or cloned from a host.
 * Null for a folder's name, which may be any word.
 */
const nameOf = (repository: string): RegExp | null => {
  const path = repository
    .replace(/^[a-z]+:\/\/[^/]+\//i, '')
    .replace(/^[^/.:]*[.:][^/]*\/(?=[^/]+\/[^/])/, '')
    .replace(/(?:\.git)?\/?$/, '');
  return path.includes('/') ? new RegExp(`(?<![\\w.-])${escaped(path)}(?![\\w-])`, 'gi') : null;
};

const mention = /(^|[^\w`])@[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\b/g;
/** Longer texts are nobody's name, and comparing them at every place would take long. */
const longestName = 200;

/**
 * A change as a blinded run shows it to the oracle. Its id looks random without the run's seed. Repository, number,
 * author, hashes and URLs are removed from title and description. The oracle is asked about the diff, so only the
 * repository's own name and links to it are removed there. A search for the code itself can still find it.
 */
export const blinded = (groundTruth: GroundTruth, seed: string): GroundTruth => {
  const name = nameOf(groundTruth.repository);
  const author = groundTruth.author?.trim() ?? '';
  const withoutName = (text: string) => (name === null ? text : text.replace(name, '[repository]'));
  const withoutAuthor = (text: string) =>
    author.length < 3 || author.length > longestName
      ? text
      : text.replace(
          new RegExp(`(?<![\\p{L}\\p{N}])${escaped(author)}(?![\\p{L}\\p{N}])`, 'giu'),
          '[author]',
        );
  const prose = (text: string) =>
    withoutName(withoutAuthor(withoutMergeForms(text).replace(mention, '$1[author]'))).trim();
  return {
    ...groundTruth,
    id: bytesToHex(sha256(utf8ToBytes(`blinded\0${seed}\0${groundTruth.id}`))).slice(0, idLength),
    title: prose(groundTruth.title),
    description: prose(groundTruth.description),
    diff: withoutName(
      replaceLinks(groundTruth.diff, (link) => (withoutName(link) === link ? link : '[link]')),
    ),
  };
};
