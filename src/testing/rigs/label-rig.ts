import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, expect } from 'vitest';
import type { InputStream } from '#cli/terminal.ts';
import { runInProcess } from './command-line.ts';
import { changes, openVerifyRig, verify } from './verify-rig.ts';

/**
 * One finished run of an oracle that states a true and a false claim about every change. Tests label copies of it. Its
 * folder is removed when the file’s tests have ended.
 */
export const openLabelRig = async () => {
  const { folder, startOracle, closeServers, remove } = openVerifyRig();
  afterAll(async () => {
    await closeServers();
    remove();
  });
  const finished = join(folder, 'finished');
  /** A copy of the finished run, for one test. */
  const copy = (name: string) => {
    const path = join(folder, name);
    cpSync(finished, path, { recursive: true });
    return path;
  };

  const oracle = await startOracle(({ pr }) => {
    const [file = ''] = pr.files_changed;
    const added = pr.diff_content.match(/^\+(?!\+\+).*?(\w{6,})/m)?.[1] ?? 'nothing';
    return {
      kind: 'answer',
      answer: {
        summary: `It adds ${added}.`,
        key_claims: [`Adds \`${added}\` to ${file}.`, `Removes \`${added}\` from ${file}.`],
        follow_up_response: 'Unknown.',
      },
    };
  });
  const options = ['--limit', '10', '--seed', '7', '--construct-id', 'acme/secret-name', '--out', finished];
  expect(await verify(changes, oracle, ...options)).toMatchObject({ code: 0 });
  const { stderr } = await runInProcess(['label', copy('sized')]);
  /** How many claims the audit asks about. */
  const size = Number(stderr.match(/0 of (\d+) claims/)?.[1]);
  expect(size).toBeGreaterThan(4);
  return { folder, startOracle, copy, size };
};

/** Labels the run in this folder with what the input answers. */
export const label = (path: string, input: InputStream, ...args: string[]) =>
  runInProcess(['label', path, ...args], undefined, input);

/** Answers as a pipe sends them. */
export const lines = (...answers: string[]) => Readable.from(answers.map((answer) => `${answer}\n`));

export const times = (count: number, answer: string): string[] => Array.from({ length: count }, () => answer);

/** The audit that the folder holds. */
export const keptIn = (path: string) => JSON.parse(readFileSync(join(path, 'audit.json'), 'utf8'));
