import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { publishCheckpoint } from '#services/log/index.ts';
import { runInProcess } from './command-line.ts';
import { issuedRig, servePublicFiles } from './issued-rig.ts';
import { anyEntries, append } from './log-rig.ts';

/** Served certificates for `check`, with the files that a stranger keeps of one. */
export const openCheckRig = () => {
  const folder = mkdtempSync(join(tmpdir(), 'echelon-check-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);
  return {
    at,
    /** The keys that a stranger has from elsewhere. */
    trusted: ['--keys', at('issuer.json'), '--log-key', at('log.vkey')],
    /** Issues a certificate, after which five more entries were logged, and keeps its bundle and evidence. */
    issue: async () => {
      const rig = await issuedRig();
      writeFileSync(at('issuer.json'), JSON.stringify(await rig.keySet()));
      writeFileSync(at('log.vkey'), await rig.vkeys());
      writeFileSync(at('certificate.bundle'), await rig.bytes('bundle'));
      writeFileSync(at('evidence.jsonl'), await rig.bytes('evidence.jsonl'));
      await append(rig.context, anyEntries(5));
      await publishCheckpoint(rig.context);
      const served = async (alter?: Parameters<typeof servePublicFiles>[1]) => {
        const server = await servePublicFiles(rig, alter);
        onTestFinished(server.close);
        return `${server.url}/certificates/${rig.certificateId}`;
      };
      return { ...rig, served };
    },
    check: (place: string, ...args: string[]) => runInProcess(['check', place, ...args]),
  };
};
