import type { ExclusionReason } from '#contracts/ground-truth.ts';
import { type Git, missesObject } from './diff.ts';
import type { GitOutcome } from './runner.ts';

/** Two commits. `from` is null for a commit without a parent: everything in it is new. */
export type Change = { from: string | null; to: string };
const keyOf = ({ from, to }: Change) => `${from} ${to}`;

/** A change of more files is `too_large`. Nobody could be asked about it, and git holds all of them in memory. */
const maxChangedFiles = 20_000;
/** Pairs of folders that one count looks at. */
const maxFolders = 200_000;
/** Folders within folders. No file system has paths as deep. */
const maxDepth = 100;
const timeoutMs = 60_000;
const maxBytes = 64_000_000;

const emptyTrees = [
  '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
];
const emptyTreeLike = (hash: string) => emptyTrees.find(({ length }) => length === hash.length) ?? '';

const isTree = (mode: string) => mode === '040000';
const isFile = (mode: string) => mode !== '000000' && !isTree(mode);

/** A pair of trees, as `diff-tree --stdin` reads it, with what differs in it: files, and pairs of trees below. */
type Folder = { files: number; below: string[] };

const readFolders = (raw: string): Map<string, Folder> => {
  const read = new Map<string, Folder>();
  let folder: Folder = { files: 0, below: [] };
  for (const line of raw.split('\n')) {
    const [oldMode = '', newMode = '', oldHash = '', newHash = ''] = line.slice(1).split(' ');
    if (!line.startsWith(':')) {
      folder = { files: 0, below: [] };
      if (line !== '') read.set(line, folder);
      continue;
    }
    if (isFile(oldMode) || isFile(newMode)) folder.files += 1;
    if (isTree(oldMode) || isTree(newMode)) {
      const none = emptyTreeLike(newHash);
      folder.below.push(`${isTree(oldMode) ? oldHash : none} ${isTree(newMode) ? newHash : none}`);
    }
  }
  return read;
};

type Refusal = Extract<ExclusionReason, 'too_large' | 'unreadable' | 'not_held'>;
type Answer = Refusal | 'readable';

const refusalIn = (done: GitOutcome): Refusal => {
  if (done.stopped !== null) return 'too_large';
  return missesObject(done) ? 'not_held' : 'unreadable';
};

/** The pair of trees that each change compares, by its key. A change that lacks one has none. */
const rootPairs = async (git: Git, changes: Change[]): Promise<Map<string, string> | Refusal> => {
  const commits = changes.flatMap(({ from, to }) => (from === null ? [to] : [from, to]));
  const done = await git(['cat-file', '--batch-check=%(objectname)'], {
    timeoutMs,
    maxBytes,
    input: commits.map((hash) => `${hash}^{tree}\n`).join(''),
  });
  if (done.code !== 0) return refusalIn(done);
  const answers = new TextDecoder().decode(done.stdout).trimEnd().split('\n');
  const treeOf = new Map(commits.map((hash, at) => [hash, answers[at] ?? '']));
  const pairs = new Map<string, string>();
  for (const change of changes) {
    const tree = treeOf.get(change.to) ?? '';
    const before = change.from === null ? emptyTreeLike(tree) : (treeOf.get(change.from) ?? '');
    // A missing commit or tree is answered with "… missing".
    if (/^[0-9a-f]+ [0-9a-f]+$/.test(`${before} ${tree}`)) pairs.set(keyOf(change), `${before} ${tree}`);
  }
  return pairs;
};

/**
 * Counts the files that each change touches, without listing them: a folder that occurs a thousand times is read once.
 * A few small objects can stand for more files than any memory holds. One git process reads all folders of one depth.
 * @returns the answers by the changes' keys, or a refusal that may be due to any one of them.
 */
const countTogether = async (git: Git, changes: Change[]): Promise<Map<string, Answer> | Refusal> => {
  const roots = await rootPairs(git, changes);
  if (typeof roots === 'string') return roots;
  const folders = new Map<string, Folder>();
  let pending = new Set(roots.values());
  for (let depth = 0; pending.size > 0 && depth < maxDepth; depth += 1) {
    const done = await git(['diff-tree', '--stdin', '--raw', '--no-renames', '--no-abbrev'], {
      timeoutMs,
      maxBytes,
      input: [...pending].map((pair) => `${pair}\n`).join(''),
    });
    if (done.code !== 0) return refusalIn(done);
    const read = readFolders(new TextDecoder().decode(done.stdout));
    for (const [pair, folder] of read) folders.set(pair, folder);
    if (folders.size > maxFolders) return 'too_large';
    const below = [...read.values()].flatMap((folder) => folder.below);
    pending = new Set(below.filter((pair) => !folders.has(pair)));
  }
  const counted = new Map<string, number>();
  const filesIn = (pair: string): number => {
    const known = counted.get(pair);
    if (known !== undefined) return known;
    const folder = folders.get(pair);
    const files =
      folder === undefined
        ? Number.POSITIVE_INFINITY
        : folder.below.reduce((sum, next) => sum + filesIn(next), folder.files);
    counted.set(pair, files);
    return files;
  };
  return new Map(
    changes.map((change) => {
      const pair = roots.get(keyOf(change));
      if (pair === undefined) return [keyOf(change), 'not_held'];
      return [keyOf(change), filesIn(pair) > maxChangedFiles ? 'too_large' : 'readable'];
    }),
  );
};

/** Decides whether git may compare two commits. Ask before any recursive diff. */
export const changeGate = (git: Git) => {
  const known = new Map<string, Answer>();
  return {
    /** Counts many changes with a few git processes. */
    async prepare(changes: Change[]): Promise<void> {
      const counted = await countTogether(git, changes);
      // A refusal may be due to one change only. Each is then counted alone.
      if (typeof counted !== 'string') for (const [key, answer] of counted) known.set(key, answer);
    },
    /** Null if the change is small enough to read. */
    async refusalOf(change: Change): Promise<Refusal | null> {
      const key = keyOf(change);
      let answer = known.get(key);
      if (answer === undefined) {
        const alone = await countTogether(git, [change]);
        answer = typeof alone === 'string' ? alone : (alone.get(key) ?? 'unreadable');
        known.set(key, answer);
      }
      return answer === 'readable' ? null : answer;
    },
  };
};
