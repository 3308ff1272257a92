import type { BundledLog } from '#contracts/certificate-bundle.ts';
import type { CertificateDocument } from '#contracts/certificate-document.ts';
import { isTimely } from '../log/note.ts';
import type { VerifierKey } from '../log/verifier-key.ts';
import type { Failure, FailureCode, QuestionCode } from './check-codes.ts';
import { type LogPolicy, verifyLogged } from './inclusion.ts';
import { type RetiredKey, thumbprintOf } from './jws.ts';
import type { LaterEntries } from './later.ts';

export type LogView = {
  bundle: BundledLog;
  /** The keys of logs and witnesses that the caller trusts. */
  policy: LogPolicy;
  /** Verifier keys that came with the certificate. They show whether the log was changed, but not whose it is. */
  offeredKeys: VerifierKey[];
  /** What the log's entries up to a size say of the certificate. Null: nobody looked. */
  later: LaterEntries | null;
};

/** What a certificate's log shows. */
export type LogFindings = {
  /** Valid all the same. */
  disputed: boolean;
  /** The size of the log up to which it is known whether it was revoked; without a look, that of the checkpoint. */
  logSize: number | null;
  /** The names of the witnesses, among those that the caller trusts, that cosigned the checkpoint of that size. */
  witnesses: string[];
  /** When the newest of these cosignatures was made, in the form of `issuedAt`; null without any. */
  cosignedAt: string | null;
};

export const noFindings: LogFindings = { disputed: false, logSize: null, witnesses: [], cosignedAt: null };

/** `index` is the certificate's; null where no log was shown to hold it. */
type Logged = {
  failures: Failure[];
  questions: QuestionCode[];
  found: LogFindings;
  index: number | null;
  retired: RetiredKey[];
};

/** What the log says of the certificate. */
export const loggedOf = (
  document: CertificateDocument,
  payload: Uint8Array,
  { log, now }: { log: LogView | null; now: Date },
): Logged => {
  // What the command line made alone is in no log.
  if (log === null)
    return {
      failures: [],
      questions: document.registration === null ? [] : ['not_proven'],
      found: noFindings,
      index: null,
      retired: [],
    };
  const { bundle, policy, offeredKeys, later } = log;
  const verified = (keys: VerifierKey[]) =>
    verifyLogged({ document, payload }, bundle, { ...policy, logKeys: keys });
  const trusted = verified(policy.logKeys);
  const isUnknown = !trusted.ok && trusted.failure === 'checkpoint';
  const inclusion = isUnknown ? verified(offeredKeys) : trusted;
  const failed = (code: FailureCode, detail: string | null): Logged => ({
    failures: [{ code, detail }],
    questions: [],
    found: noFindings,
    index: null,
    retired: [],
  });
  if (!inclusion.ok) return failed(inclusion.failure, inclusion.detail);
  if (later !== null && !later.ok) return failed('log_changed', later.detail);
  // The head up to which it is known whether it was revoked. Of that one the witnesses must have seen the same.
  const head = later ?? { size: inclusion.checkpoint.size, witnesses: inclusion.witnesses };
  const cosigned = head.witnesses.flatMap(({ key, timestamp }) =>
    isTimely(timestamp, now) ? [{ name: key.name, timestamp }] : [],
  );
  const isCosigned = cosigned.length >= policy.witnesses;
  return {
    failures: [
      ...(isCosigned
        ? []
        : [
            {
              code: 'witnesses' as const,
              detail: `Of the ${policy.witnesses} that must have, ${cosigned.length} cosigned the checkpoint of ${head.size} entries.`,
            },
          ]),
      ...(later?.revoked ? [{ code: 'revoked' as const, detail: null }] : []),
    ],
    questions: isUnknown ? ['unknown_log'] : [],
    found: {
      disputed: later?.disputed ?? false,
      logSize: head.size,
      witnesses: cosigned.map(({ name }) => name),
      cosignedAt:
        cosigned.length === 0
          ? null
          : new Date(Math.max(...cosigned.map(({ timestamp }) => timestamp)) * 1000).toISOString(),
    },
    index: inclusion.index,
    retired: later?.retired ?? [],
  };
};

/** A signature by a retired key counts only where the log held it before. */
export const retiredKeyOf = (kid: string, index: number | null, retired: RetiredKey[]): Failure[] => {
  const ends = retired.filter(({ publicKey }) => thumbprintOf(publicKey) === kid).map((key) => key.index);
  const end = Math.min(...ends);
  if (ends.length === 0 || (index !== null && index < end)) return [];
  return [{ code: 'retired_key', detail: `Its retirement is entry ${end}.` }];
};
