import { utcInstant } from '#contracts/instant.ts';
import { storableText } from '#contracts/text.ts';
import { readMergeMessage } from '../../text/merge-forms.ts';

/** One commit of a first-parent history as a merged change. `id` is unique in its history. */
export type Commit = {
  id: string;
  hash: string;
  parents: string[];
  author: string;
  /** RFC 3339 UTC. Null when that form cannot express the commit's time. */
  committedAt: string | null;
  /** Null if its message only names a merged branch; the branch's own commits then name the change. */
  title: string | null;
  /** The merged branch, if the message names one. */
  branch: string | null;
  description: string;
};

/** `rev-list --format`: each field ends with NUL, which no commit message contains. */
export const historyFormat = '%H%x00%P%x00%an%x00%ct%x00%B%x00';
const fieldCount = 5;

/**
 * Parses the output of `rev-list --first-parent --format=<historyFormat>`. A request's number that only one commit
 * has becomes its id. All other commits (plain ones, and those whose number was cherry-picked) get the first 12 digits
 * of their hash.
 */
export const parseHistory = (output: Uint8Array): Commit[] => {
  const fields = new TextDecoder('utf-8', { ignoreBOM: true }).decode(output).split('\0');
  const read: (Omit<Commit, 'id'> & { number: string | null })[] = [];
  for (let at = 0; at + fieldCount <= fields.length - 1; at += fieldCount) {
    const [first = '', parents = '', author = '', seconds = '', message = ''] = fields.slice(
      at,
      at + fieldCount,
    );
    const parentHashes = parents.split(' ').filter((parent) => parent !== '');
    read.push({
      // git prints a line "commit <hash>" before it.
      hash: first.slice(first.lastIndexOf('\n') + 1),
      parents: parentHashes,
      author: storableText(author),
      committedAt: utcInstant(new Date(Number(seconds) * 1000)),
      ...readMergeMessage(storableText(message), parentHashes.length > 1),
    });
  }
  const uses = new Map<string, number>();
  for (const { number } of read) if (number !== null) uses.set(number, (uses.get(number) ?? 0) + 1);
  const ids = new Set<string>();
  return read.map(({ number, ...commit }) => {
    const short = number !== null && uses.get(number) === 1 ? number : commit.hash.slice(0, 12);
    const id = ids.has(short) ? commit.hash : short;
    ids.add(id);
    return { id, ...commit };
  });
};
