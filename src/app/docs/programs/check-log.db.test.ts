import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asc } from 'drizzle-orm';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { logEntries } from '#db/schema/log.ts';
import { publishCheckpoint } from '#services/log/index.ts';
import { issuedRig, servePublicFiles } from '#testing/rigs/issued-rig.ts';
import { anyEntries, append, logKeyOf } from '#testing/rigs/log-rig.ts';
import { runShell, skipWithout } from '#testing/rigs/shell.ts';
import { hashLeaf } from '#verification/log/merkle.ts';
import { signCheckpoint } from '#verification/log/signing/sign-note.ts';
import { growTiles, tilePath } from '#verification/log/tiles.ts';
import { parseVerifierKey, verifierKey, writeVerifierKey } from '#verification/log/verifier-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'echelon-log-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const source = join(import.meta.dirname, 'check-log.go');

/** By path, the answers that replace the server’s own. */
type Changes = Record<string, string | Uint8Array>;

const issue = async () => {
  const rig = await issuedRig();
  let changes: Changes = {};
  const server = await servePublicFiles(rig, (path) => {
    const answer = changes[path];
    return answer === undefined ? undefined : new Response(answer as BodyInit);
  });
  onTestFinished(server.close);
  writeFileSync(at('log.vkey'), await rig.vkeys());
  return {
    ...rig,
    /** As served but for the changes. What was seen before is in `seen`, and what is seen then in `seen.new`. */
    check: async (changed: Changes = {}, { seen = 'seen', keys = 'log.vkey' } = {}) => {
      changes = changed;
      rmSync(at('seen.new'), { force: true });
      if (seen !== '') copyFileSync(at(seen), at('seen.new'));
      return runShell(folder, `./check-log ${server.url} ${rig.certificateId} ${keys} seen.new`);
    },
    served: async (path: string) => new Uint8Array(await (await fetch(`${server.url}${path}`)).arrayBuffer()),
    /** The log with other entries from `size` on, as its own key would sign it. */
    fork: async (size: number, grown: number): Promise<Changes> => {
      const rows = await rig.db
        .select({ data: logEntries.data })
        .from(logEntries)
        .orderBy(asc(logEntries.index));
      const leaves = [
        ...rows.slice(0, size).map(({ data }) => hashLeaf(data)),
        ...Array.from({ length: grown }, (_, place) => hashLeaf(Uint8Array.of(place))),
      ];
      const { head, tiles } = growTiles(0, [], leaves);
      const { name } = parseVerifierKey((await rig.vkeys()).trim());
      const signers = rig.context.sequencer.keys.map(({ publicKey, sign }) => ({
        key: verifierKey(name, 'note', publicKey),
        sign,
      }));
      return {
        '/log/checkpoint': await signCheckpoint({ ...head, origin: name }, signers),
        ...Object.fromEntries(tiles.map(({ tile, bytes }) => [`/log/${tilePath(tile)}`, bytes])),
      };
    },
  };
};

test('Go’s checksum database tools prove that a served log holds a certificate and extends what was seen, and refuse what was altered', async (context) => {
  skipWithout(context, 'Go with golang.org/x/mod');
  const built = await runShell(
    folder,
    `GO111MODULE=off GOPATH=/usr/share/gocode go build -o check-log ${source}`,
  );
  expect(built).toEqual({ code: 0, output: '' });
  const rig = await issue();
  const first = await rig.check({}, { seen: '' });
  expect(first.output).toBe('Entry 3 of 5 is this certificate, registered before in entry 2.\n');
  copyFileSync(at('seen.new'), at('seen'));
  await append(rig.context, anyEntries(300));
  await publishCheckpoint(rig.context);
  const next = await rig.check();
  expect(next).toEqual({
    code: 0,
    output:
      'Entry 3 of 305 is this certificate, registered before in entry 2.\nThe 5 entries that were seen before are its first ones.\n',
  });
  copyFileSync(at('seen.new'), at('seen-later'));
  expect((await rig.check({}, { seen: 'seen-later' })).code).toBe(0);

  const tiles: Changes = {};
  for (const path of ['/log/tile/0/000', '/log/tile/0/001.p/49', '/log/tile/1/000.p/1']) {
    const bytes = await rig.served(path);
    tiles[path] = bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);
  }
  const bundlePath = `/certificates/${rig.certificateId}.bundle`;
  const bundle = JSON.parse(await rig.text('bundle'));
  const bundled = (log: object) => ({
    [bundlePath]: JSON.stringify({ ...bundle, log: { ...bundle.log, ...log } }),
  });
  const { registration, certificate } = bundle.log;
  const checkpoint = Buffer.from(await rig.served('/log/checkpoint')).toString();
  const { name } = parseVerifierKey((await rig.vkeys()).trim());
  const another = verifierKey(name, 'note', logKeyOf('another').publicKey);
  writeFileSync(at('wrong.vkey'), writeVerifierKey(another));
  const foreign = { key: another, sign: logKeyOf('another').sign };
  const { head } = growTiles(0, [], [new Uint8Array(32)]);

  type Case = [name: string, changes: Changes, words: RegExp, how?: { seen?: string; keys?: string }];
  const cases: Case[] = [
    ...Object.entries(tiles).map(
      ([path, bytes]): Case => [
        `an altered ${path}`,
        { [path]: bytes },
        /inconsistent tile|invalid transparency proof/,
      ],
    ),
    ['a tile that ends early', { '/log/tile/0/000': new Uint8Array(255 * 32) }, /bad result/],
    [
      'a fork that forgets what was seen',
      await rig.fork(200, 150),
      /invalid transparency proof/,
      { seen: 'seen-later' },
    ],
    [
      'a fork of the size that was seen',
      await rig.fork(304, 1),
      /invalid transparency proof/,
      { seen: 'seen-later' },
    ],
    ['a log that has become shorter', await rig.fork(300, 0), /invalid inputs/, { seen: 'seen-later' }],
    ['a log without the certificate', await rig.fork(2, 400), /invalid transparency proof/, { seen: '' }],
    [
      'a signed checkpoint of another tree',
      { '/log/checkpoint': (await rig.fork(5, 300))['/log/checkpoint'] ?? '' },
      /inconsistent tile/,
    ],
    [
      'a size that was not signed',
      { '/log/checkpoint': checkpoint.replace('\n305\n', '\n304\n') },
      /invalid signature/,
    ],
    [
      'a checkpoint by another key',
      { '/log/checkpoint': await signCheckpoint({ ...head, origin: name }, [foreign]) },
      /no verifiable signatures/,
    ],
    ['the key of another log', {}, /no verifiable signatures/, { keys: 'wrong.vkey' }],
    [
      'an entry that was changed',
      bundled({
        certificate: { ...certificate, entry: certificate.entry.replace('"time":"2', '"time":"3') },
      }),
      /invalid transparency proof/,
    ],
    [
      'an entry’s index that was changed',
      bundled({ certificate: { ...certificate, index: 4 } }),
      /invalid transparency proof/,
    ],
    [
      'an entry that the log does not have',
      bundled({ certificate: { ...certificate, index: 305 } }),
      /invalid inputs/,
    ],
    [
      'another entry for that of the certificate',
      bundled({ certificate: registration }),
      /not those of this certificate/,
    ],
    [
      'another entry for that of the registration',
      bundled({ registration: certificate }),
      /not those of this certificate/,
    ],
    [
      'a document that was changed',
      { [`/certificates/${rig.certificateId}.json`]: `${await rig.text('json')} ` },
      /not those of this certificate/,
    ],
  ];
  for (const [name, changes, words, how] of cases) {
    const { code, output } = await rig.check(changes, how);
    expect(output, name).toMatch(words);
    expect(code, name).toBe(1);
    // What was seen is kept, to be shown to others.
    const { seen = 'seen' } = how ?? {};
    if (seen !== '') expect(readFileSync(at('seen.new')), name).toEqual(readFileSync(at(seen)));
  }
});
