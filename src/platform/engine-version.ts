import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateDocument } from '#contracts/certificate-document.ts';

const textIn = async (...path: string[]): Promise<string> =>
  (await readFile(join(...path), 'utf8').catch(() => '')).trim();

/** The commit that a clone has checked out, or null where the program is no clone. */
const revisionIn = async (projectDir: string): Promise<string | null> => {
  const head = await textIn(projectDir, '.git', 'HEAD');
  const [, ref] = /^ref: (refs\/[\w./-]+)$/.exec(head) ?? [];
  const commit = ref === undefined ? head : await textIn(projectDir, '.git', ref);
  return /^[0-9a-f]{40}$/.test(commit) ? commit : null;
};

/** Which program makes a certificate: its version, and the commit where that is known. */
export const engineIn = async (projectDir: string): Promise<CertificateDocument['method']['engine']> => {
  const text = await readFile(join(projectDir, 'package.json'), 'utf8');
  const { version }: { version: string } = JSON.parse(text);
  return { version, revision: await revisionIn(projectDir) };
};
