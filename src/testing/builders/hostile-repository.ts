import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { GitRepository } from './git-repository.ts';

export type TreeEntry = { mode: '100644' | '40000'; name: string; hash: string };

/**
 * Writes loose objects that no git command would write, or would take minutes to. The hash is git's: SHA-1 of type,
 * size and body.
 */
export const objectWriter = ({ path }: GitRepository) => {
  const put = (type: 'blob' | 'tree' | 'commit', body: Buffer): string => {
    const object = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
    const hash = createHash('sha1').update(object).digest('hex');
    const folder = join(path, '.git/objects', hash.slice(0, 2));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, hash.slice(2)), deflateSync(object, { level: 1 }));
    return hash;
  };
  return {
    blob: (content: Buffer) => put('blob', content),
    /** The entries must be in git's order. */
    tree: (entries: TreeEntry[]) =>
      put(
        'tree',
        Buffer.concat(
          entries.flatMap(({ mode, name, hash }) => [
            Buffer.from(`${mode} ${name}\0`),
            Buffer.from(hash, 'hex'),
          ]),
        ),
      ),
    commit: (tree: string, parents: string[], message: string) =>
      put(
        'commit',
        Buffer.from(
          [
            `tree ${tree}`,
            ...parents.map((parent) => `parent ${parent}`),
            'author Ada <ada@example.com> 1735689600 +0000',
            'committer Ada <ada@example.com> 1735689600 +0000',
            '',
            message,
          ].join('\n'),
        ),
      ),
  };
};

type Objects = ReturnType<typeof objectWriter>;

const code = Buffer.from('one\ntwo\nthree\nfour\n');

/** Trees that are small to store and too large to list, by what makes them so. */
export const hostileTrees: Record<string, (objects: Objects) => string> = {
  // Its ten levels stand for 10^10 files.
  'a tree whose entries all are the same subtree': ({ blob, tree }) => {
    let hash = blob(code);
    for (let level = 0; level < 10; level += 1) {
      const below = hash;
      hash = tree(
        Array.from({ length: 10 }, (_, at) => ({
          mode: level === 0 ? '100644' : '40000',
          name: String(at),
          hash: below,
        })),
      );
    }
    return hash;
  },
  // The same with distinct subtrees: 100 × 100 × 100 files.
  'a tree of many distinct subtrees': ({ blob, tree }) => {
    const file = blob(code);
    const name = (at: number) => String(at).padStart(3, '0');
    const leaves = Array.from({ length: 100 }, (_, leaf) =>
      tree(
        Array.from({ length: 100 }, (_, at) => ({
          mode: '100644',
          name: `${name(leaf)}-${name(at)}`,
          hash: file,
        })),
      ),
    );
    const folders = Array.from({ length: 100 }, (_, first) =>
      tree(
        leaves.map((_, at) => ({
          mode: '40000',
          name: name(at),
          hash: leaves[(at + first) % leaves.length] ?? '',
        })),
      ),
    );
    return tree(folders.map((hash, at) => ({ mode: '40000', name: name(at), hash })));
  },
  'a tree with a million entries': ({ blob, tree }) => {
    const hash = blob(code);
    return tree(
      Array.from({ length: 1_000_000 }, (_, at) => ({
        mode: '100644',
        name: `file-${String(at).padStart(7, '0')}`,
        hash,
      })),
    );
  },
  'a folder within a folder, five thousand times': ({ blob, tree }) => {
    let hash = tree([{ mode: '100644', name: 'file', hash: blob(code) }]);
    for (let level = 0; level < 5_000; level += 1) hash = tree([{ mode: '40000', name: 'folder', hash }]);
    return hash;
  },
};

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];

/**
 * A pack of some 20 KB whose second object, a delta, stands for 6 GB: it copies 16 MB of the first one 400 times. The
 * form is that of git's pack-format documentation.
 */
export const deltaBomb = (): Buffer => {
  const most = 0xffffff;
  const copies = 400;
  const base = Buffer.alloc(most);
  const delta = Buffer.from([
    ...varint(base.length),
    ...varint(base.length * copies),
    // Copy from offset 0; the size follows in three bytes.
    ...Array.from({ length: copies }, () => [0x80 | 0x70, 0xff, 0xff, 0xff]).flat(),
  ]);
  /** Four bits of the size, then seven in each further byte; bits 4 to 6 of the first say what it is. */
  const header = (type: number, size: number) => {
    const rest = Math.floor(size / 16);
    return [(rest > 0 ? 0x80 : 0) | (type << 4) | (size % 16), ...(rest > 0 ? varint(rest) : [])];
  };
  const [blob, ofsDelta] = [3, 6];
  const first = Buffer.concat([Buffer.from(header(blob, base.length)), deflateSync(base)]);
  /** How far back the base is: most significant first, each further byte counting from one more. */
  const back = [first.length & 0x7f];
  for (let rest = first.length >> 7; rest > 0; rest >>= 7) back.unshift(0x80 | (--rest & 0x7f));
  const pack = Buffer.concat([
    Buffer.from('PACK\0\0\0\x02\0\0\0\x02', 'latin1'),
    first,
    Buffer.from([...header(ofsDelta, delta.length), ...back]),
    deflateSync(delta),
  ]);
  return Buffer.concat([pack, createHash('sha1').update(pack).digest()]);
};
