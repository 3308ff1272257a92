import { instantSchema } from '#contracts/instant.ts';
import { storableText } from '#contracts/text.ts';

/** One commit of a first-parent history as a merged change. `id` is unique in its history. */
export type Commit = {
  id: string;
  hash: string;
  parents: string[];
  author: string;
  /** RFC 3339 UTC. Null when that form cannot express the commit's time. */
  committedAt: string | null;
  title: string;
  description: string;
};

/** `rev-list --format`: each field ends with NUL, which no commit message contains. */
export const historyFormat = '%H%x00%P%x00%an%x00%ct%x00%B%x00';
const fieldCount = 5;

/** The pull request's number if a merge or squash commit's subject contains one. */
const pullRequestNumber = (subject: string): string | null =>
  /^Merge pull request #(\d{1,9})\b/.exec(subject)?.[1] ??
  /\(pull request #(\d{1,9})\)\s*$/.exec(subject)?.[1] ??
  /\(#(\d{1,9})\)\s*$/.exec(subject)?.[1] ??
  null;

/** A merge's subject names a branch. The change's title is the first line below it, if there is one. */
const wordsOf = (message: string): { subject: string; title: string; description: string } => {
  const [subject = '', ...rest] = message.trim().split('\n');
  const body = rest.join('\n').trim();
  if (/^(?:Merge (?:pull request|branch|remote-tracking branch)|Merged in )/.test(subject) && body !== '') {
    const [title = '', ...description] = body.split('\n');
    return { subject, title: title.trim(), description: description.join('\n').trim() };
  }
  return { subject, title: subject.replace(/\s*\(#\d{1,9}\)\s*$/, ''), description: body };
};

const timeOf = (seconds: string): string | null =>
  instantSchema.safeParse(new Date(Number(seconds) * 1000).toJSON()).data ?? null;

/**
 * Parses the output of `rev-list --first-parent --format=<historyFormat>`. A pull request number that only one commit
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
    const { subject, title, description } = wordsOf(storableText(message));
    read.push({
      // git prints a line "commit <hash>" before it.
      hash: first.slice(first.lastIndexOf('\n') + 1),
      parents: parents.split(' ').filter((parent) => parent !== ''),
      author: storableText(author),
      committedAt: timeOf(seconds),
      title,
      description,
      number: pullRequestNumber(subject),
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
