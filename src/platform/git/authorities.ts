import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { rootCertificates } from 'node:tls';
import writeFileAtomic from 'write-file-atomic';
import { faultCode } from '#contracts/errors.ts';
import { SourceError } from '#verification/sources/source.ts';

/**
 * git trusts the authorities of one file only. This writes one with Node's own and those of `NODE_EXTRA_CA_CERTS`, and
 * returns git's configuration for it.
 */
export const gitAuthorities = async (extra: string | null, file: string): Promise<Record<string, string>> => {
  if (extra === null) return {};
  const added = await readFile(extra, 'utf8').catch((error: unknown) => {
    throw new SourceError(
      'invalid',
      `The file of NODE_EXTRA_CA_CERTS could not be read (${faultCode(error) ?? 'unknown fault'}).`,
    );
  });
  const wanted = [...rootCertificates, added.trim(), ''].join('\n');
  if ((await readFile(file, 'utf8').catch(() => null)) !== wanted) {
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomic(file, wanted);
  }
  return { 'http.sslCAInfo': file };
};
