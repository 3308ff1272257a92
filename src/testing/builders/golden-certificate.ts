import { writeJwk } from '#verification/certificate/jws.ts';
import { type BuiltInput, certificateInput } from './issued-certificate.ts';
import { failedCheckpoint, judgedCheckpoint, keylessCheckpoint } from './replay-checkpoint.ts';
import {
  issuerKey,
  signedCertificateOf,
  type UnsignedCertificate,
  unsignedCertificate,
} from './signed-certificate.ts';

/** The run of the committed certificates: two scored replays, an oracle failure and a change without a key. */
export const goldenInput = (): BuiltInput =>
  certificateInput(
    [
      {
        groundTruthId: '7',
        author: 'ada',
        checkpoint: judgedCheckpoint({
          claims: [true, false, true],
          changes: [true, false],
          replyAccuracy: 0.75,
        }),
      },
      {
        groundTruthId: '8',
        author: 'ada',
        checkpoint: judgedCheckpoint({ claims: [true], changes: [true, true, false], replyAccuracy: 1 }),
      },
      { groundTruthId: '9', checkpoint: failedCheckpoint(2) },
      { groundTruthId: '10', checkpoint: keylessCheckpoint() },
    ],
    {
      draw: { listed: 12, excluded: { too_small: 2 } },
      limit: 3,
      minReplays: 3,
      replaced: 1,
      modelCutoff: '2020-06-30',
    },
  );

/** A file's bytes under its name, as text. */
export type GoldenFiles = Record<string, string>;

/** The files of a signed certificate. */
export const signedFiles = async (unsigned: UnsignedCertificate) => {
  const { jws, document, evidence } = await signedCertificateOf(unsigned);
  const textOf = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes ?? undefined);
  return {
    'certificate.json': textOf(document),
    'certificate.jws': jws,
    'evidence.jsonl': textOf(evidence),
    'jwks.json': `${JSON.stringify({ keys: [writeJwk(issuerKey.publicKey)] }, null, 2)}\n`,
  };
};

/** What the command line keeps of the run. */
export const goldenFiles = (): Promise<GoldenFiles> => signedFiles(unsignedCertificate(goldenInput()));
