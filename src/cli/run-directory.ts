import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import type { Certificate } from '#contracts/certificate.ts';
import { faultCode } from '#contracts/errors.ts';
import { toWire } from '#contracts/wire.ts';
import { takeLock } from '#db/embedded/lock.ts';
import { auditableReplays } from '#verification/audit/claims.ts';
import { type Asked, standing } from '#verification/replay/oracle-presence.ts';
import { resumable } from '#verification/replay/resumable.ts';
import { endOfReplay } from '#verification/replay/score.ts';
import { certificateInFile } from './certificate-at.ts';
import { type CertificateFiles, certificateNames, isFile, signedCertificate } from './certificate-files.ts';
import { CommandError, UsageError } from './exit.ts';
import { type AuditedRun, auditInFolder, type KeptAudit } from './kept-audit.ts';
import { emptyLedger, ledgerSchema } from './ledger.ts';
import {
  configurationOf,
  differences,
  type RunConfiguration,
  type RunDemand,
  runConfigurationSchema,
  withModelsOf,
} from './run-configuration.ts';
import { type RunStore, type StoredReplay, storedDrawSchema, storedReplaySchema } from './run-store.ts';
import { plain } from './terminal.ts';

/**
 * An output directory: `run.json` (what was asked), `draw.json` (the ground truth), `replays/` (a checkpoint each),
 * `ledger.json` (what its judges have cost), then `evidence.jsonl`, `jwks.json`, `certificate.jws` and
 * `certificate.json`. Only the last four are for publishing: checkpoints hold the answer keys, and `run.json` holds the salt that seals them.
 */
export type RunDirectory = RunStore & {
  path: string;
  configuration: RunConfiguration;
  /** The certificate of a run that an earlier call finished; it is issued once. */
  certificate: Certificate | null;
  /** Keeps the certificate. Resolves to it as it was kept. */
  finish: (files: CertificateFiles) => Promise<Certificate>;
  close: () => void;
};

const otherOut = 'Choose another --out.';
const otherFolder = 'Give another folder.';
type Remedy = typeof otherOut | typeof otherFolder;

/** Turns a fault of the file system into an error that its user can fix; returns any other error unchanged. */
const explained = (directory: string, error: unknown, remedy: Remedy): unknown => {
  const code = faultCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new CommandError(
      `The disk that holds ${directory} is full. Free some space and run the same command again to resume.`,
    );
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST')
    return new UsageError(`${directory} cannot be used as an output directory (${code}). ${remedy}`);
  return error;
};

const readJson = async <T>(file: string, schema: z.ZodType<T>, remedy: Remedy): Promise<T | null> => {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (faultCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const json = z.string().pipe(z.transform(parseJson)).pipe(schema).safeParse(text);
  if (json.success) return json.data;
  throw new CommandError(`${file} is damaged, or another version of this program wrote it. ${remedy}`);
};

const parseJson = (text: string, context: z.RefinementCtx): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.issues.push({ code: 'custom', message: 'Not JSON.', input: text });
    return z.NEVER;
  }
};

const askedIn = ({ checkpoint: { oracle } }: StoredReplay): Asked[] =>
  oracle === undefined ? [] : [{ outcome: oracle, carried: true }];

const replayFiles = async (folder: string, remedy: Remedy): Promise<StoredReplay[]> => {
  const found = await readdir(folder).catch((error) => {
    if (faultCode(error) === 'ENOENT') return [];
    throw error;
  });
  const names = found.filter((name) => /^\d+\.json$/.test(name));
  const read = await Promise.all(
    names.map((name) => readJson(join(folder, name), storedReplaySchema, remedy)),
  );
  return read.filter((replay) => replay !== null);
};

const storedReplays = async (folder: string): Promise<Map<number, StoredReplay>> => {
  const replays = await replayFiles(folder, otherOut);
  const stands = standing(replays.flatMap(askedIn));
  return new Map(
    replays.map((replay) => {
      const checkpoint = resumable(replay.checkpoint, askedIn(replay).every(stands));
      // A scored replay is open again too if verdicts on the baseline or for agreement are missing.
      const complete = Object.keys(checkpoint).length === Object.keys(replay.checkpoint).length;
      const endedAt = complete && endOfReplay(checkpoint) !== null ? replay.endedAt : null;
      return [replay.position, { ...replay, checkpoint, endedAt }];
    }),
  );
};

const storedCertificate = async (directory: string, remedy: Remedy): Promise<Certificate | null> => {
  const file = join(directory, certificateNames.document);
  if (!(await isFile(file))) return null;
  try {
    return await certificateInFile(file);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new CommandError(`${file} is not a certificate of this version. ${remedy}`);
  }
};

/**
 * The configuration of the resumed run. If nothing was judged yet, it takes this call's models, because the API may not
 * have known the first ones.
 * @throws UsageError if this call asks for another run.
 */
const resumedConfiguration = (
  stored: RunConfiguration,
  demand: RunDemand,
  { directory, isJudged }: { directory: string; isJudged: boolean },
): RunConfiguration => {
  const configuration = isJudged ? stored : withModelsOf(stored, demand);
  const differing = differences(configuration, demand);
  if (differing.length === 0) return configuration;
  throw new UsageError(
    `${directory} holds a run with other options, so this call cannot resume it:\n${differing
      .map((line) => `  ${line}`)
      .join('\n')}\nRepeat that run’s options to resume it, or choose another --out.`,
  );
};

/** @throws UsageError if it holds something else or another run, or is in use. */
export const openRunDirectory = async (
  directory: string,
  demand: RunDemand,
  random: { salt: () => string; seed: () => string },
): Promise<RunDirectory> => {
  const at = (...names: string[]) => join(directory, ...names);
  const write = (file: string, content: string | Uint8Array) =>
    writeFileAtomic(file, typeof content === 'string' ? content : Buffer.from(content), {
      mode: 0o600,
    }).catch((error: unknown) => {
      throw explained(directory, error, otherOut);
    });
  let lock: ReturnType<typeof takeLock> = null;
  try {
    await mkdir(directory, { recursive: true });
    const found = (await readdir(directory)).filter((name) => !/^(?:\.lock|run\.json\.)/.test(name));
    if (found.length > 0 && !found.includes('run.json'))
      throw new UsageError(
        `${directory} is not empty and holds no run. Choose another --out, or an empty directory.`,
      );
    lock = takeLock(at('.lock'));
    if (lock === null) throw new UsageError(`Another process is working in ${directory}.`);
    const stored = await readJson(at('run.json'), runConfigurationSchema, otherOut);
    const replays = await storedReplays(at('replays'));
    const isJudged = [...replays.values()].some(({ checkpoint }) => Object.keys(checkpoint).length > 0);
    const configuration =
      stored === null
        ? configurationOf(demand, random)
        : resumedConfiguration(stored, demand, { directory, isJudged });
    if (!isDeepStrictEqual(configuration, stored))
      await write(at('run.json'), `${JSON.stringify(configuration, null, 2)}\n`);
    await mkdir(at('replays'), { recursive: true });
    // Also if the folder existed already, such as in a copy: the checkpoints hold the answer keys.
    await chmod(at('replays'), 0o700);
    const store: RunDirectory = {
      path: directory,
      configuration,
      certificate: await storedCertificate(directory, otherOut),
      draw: await readJson(at('draw.json'), storedDrawSchema, otherOut),
      keepDraw: async (draw) => {
        await write(at('draw.json'), JSON.stringify(draw));
        store.draw = draw;
      },
      replayAt: (position) => replays.get(position) ?? null,
      keepReplay: async (replay) => {
        const name = `${String(replay.position).padStart(4, '0')}.json`;
        await write(at('replays', name), JSON.stringify(replay));
        replays.set(replay.position, replay);
      },
      ledger: (await readJson(at('ledger.json'), ledgerSchema, otherOut)) ?? emptyLedger,
      keepLedger: async (ledger) => {
        await write(at('ledger.json'), JSON.stringify(ledger));
        store.ledger = ledger;
      },
      finish: async ({ document, jws, evidence, keys }) => {
        await write(at(certificateNames.evidence), evidence);
        await write(at(certificateNames.keys), `${JSON.stringify(keys, null, 2)}\n`);
        await write(at(certificateNames.jws), jws);
        // The document comes last, because it marks the run as finished.
        await write(at(certificateNames.document), document);
        return signedCertificate(document, evidence);
      },
      close: lock.release,
    };
    return store;
  } catch (error) {
    lock?.release();
    throw explained(directory, error, otherOut);
  }
};

/** A run that `verify` finished in an output directory, and the audit that is kept there in `audit.json`. */
export type FinishedRun = AuditedRun & {
  path: string;
  /** Resolves once a kill cannot undo it. */
  keepAudit: (audit: KeptAudit) => Promise<void>;
  close: () => void;
};

const keptAudit = async (directory: string, certificate: Certificate): Promise<KeptAudit | null> => {
  const audit = await auditInFolder(directory, certificate);
  if (audit === null) return null;
  if (audit.labels !== null) return { ...audit, labels: audit.labels };
  throw new UsageError(`${plain(join(directory, 'audit.json'), 200)} holds none of the audit’s claims.`);
};

/** @throws UsageError if it holds no finished run or no readable audit of it, or is in use. */
export const openFinishedRun = async (directory: string): Promise<FinishedRun> => {
  const at = (...names: string[]) => join(directory, ...names);
  const found = await readdir(directory).catch(() => null);
  if (!found?.includes('certificate.json') || !found.includes('draw.json'))
    throw new UsageError(
      `${plain(directory, 200)} holds no finished run. Give a folder that verify --out filled, with its certificate.`,
    );
  const lock = takeLock(at('.lock'));
  if (lock === null) throw new UsageError(`Another process is working in ${plain(directory, 200)}.`);
  try {
    const certificate = await storedCertificate(directory, otherFolder);
    const draw = await readJson(at('draw.json'), storedDrawSchema, otherFolder);
    if (certificate === null || draw === null)
      throw new UsageError(`The run in ${plain(directory, 200)} is gone.`);
    return {
      path: directory,
      certificate,
      draw,
      replays: auditableReplays(await replayFiles(at('replays'), otherFolder), draw.private),
      audit: await keptAudit(directory, certificate),
      keepAudit: (audit) =>
        writeFileAtomic(at('audit.json'), `${JSON.stringify(toWire(audit), null, 2)}\n`, {
          mode: 0o600,
        }).catch((error: unknown) => {
          throw explained(directory, error, otherFolder);
        }),
      close: lock.release,
    };
  } catch (error) {
    lock.release();
    throw explained(directory, error, otherFolder);
  }
};
