import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { parseJson } from '#contracts/json.ts';
import { digestSchema } from '#contracts/log.ts';
import { type MonitorReport, monitorLog, type SeenLog } from '#verification/certificate/monitor-log.ts';
import { type VerifierKey, writeVerifierKey } from '#verification/log/verifier-key.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit.ts';
import { fetchCapped } from '../fetch-capped.ts';
import { progressOn } from '../progress.ts';
import type { Settings } from '../settings.ts';
import { plain, plainJson, type Terminal } from '../terminal.ts';
import { readVerifierKeyLines, staleCosignature, verifierKeysIn } from '../verifier-keys.ts';

export type LogMonitorOptions = { state?: string; logKey: string[]; witness: string[]; json?: boolean };

/** A bundle has 256 entries of 4 KiB. */
const maxFileBytes = 2_000_000;

const stateSchema = z.object({
  format: z.literal('echelon-log-monitor/v1'),
  log_keys: z.array(z.string()).min(1),
  /** Whether they follow from a key that was named, and not from the log's own word alone. */
  key_named: z.boolean(),
  size: z.int().min(0),
  read: z.int().min(0),
  root: digestSchema,
  /** The checkpoint that was seen last, so that it can be shown to others. */
  checkpoint: z.string(),
  registrations: z.array(z.object({ id: z.string(), time: z.string(), closed: z.boolean() })),
  others: z.array(z.string()),
  retired: z.array(z.object({ public_key: digestSchema, index: z.int().min(0) })),
});
type State = z.infer<typeof stateSchema>;

const readState = async (file: string): Promise<State | null> => {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return null;
    throw new UsageError(`${plain(file, 200)} could not be read (${error.code}).`);
  });
  if (text === null) return null;
  const state = stateSchema.safeParse(parseJson(text));
  if (state.success) return state.data;
  throw new UsageError(
    `${plain(file, 200)} is damaged. What was seen of this log is in it: restore it, or name another with --state.`,
  );
};

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

const seenOf = ({ size, root, read, registrations, others, retired }: State): SeenLog => ({
  size,
  read,
  root: fromHex(root),
  registrations: new Map(registrations.map(({ id, ...registration }) => [id, registration])),
  others: new Set(others),
  retired: retired.map(({ public_key, index }) => ({ publicKey: fromHex(public_key), index })),
});

/** The tree alone. Its entries are read again. */
const treeOf = ({ size, root }: State): SeenLog => ({
  size,
  read: 0,
  root: fromHex(root),
  registrations: new Map(),
  others: new Set(),
  retired: [],
});

const stateOf = (
  { size, root, read, registrations, others, retired }: SeenLog,
  { checkpoint, logKeys, isKeyNamed }: { checkpoint: string; logKeys: VerifierKey[]; isKeyNamed: boolean },
): State => ({
  format: 'echelon-log-monitor/v1',
  log_keys: logKeys.map(writeVerifierKey),
  key_named: isKeyNamed,
  size,
  read,
  root: toHex(root),
  checkpoint,
  registrations: [...registrations].map(([id, registration]) => ({ id, ...registration })),
  others: [...others],
  retired: retired.map(({ publicKey, index }) => ({ public_key: toHex(publicKey), index })),
});

/** The log of an installation, by the address of any of its pages. */
const logAt = (address: string) => {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address))
    throw new UsageError('Give the installation’s address, for example https://verify.example.com.');
  const url = new URL(address);
  const prefix = url.pathname.replace(/\/(?:log(?:\/.*)?)?$/, '');
  return (path: string) => new URL(`${prefix}/log/${path}`, url.origin);
};

const warningsOf = ({ cosignedAt }: MonitorReport, witnesses: number, now: Date): string[] => {
  if (witnesses === 0)
    return [
      'No witness was named: whether others see the same log is not known. Compare the root with theirs.',
    ];
  if (cosignedAt === null) return ['None of the witnesses that you named has cosigned this checkpoint.'];
  return staleCosignature(cosignedAt, now);
};

/** `log monitor <url>`: looks whether a log still is the one that was seen, reads what is new, and keeps what it saw. */
export const logMonitorCommand = async (
  address: string,
  options: LogMonitorOptions,
  { settings, terminal, signal }: { settings: Settings; terminal: Terminal; signal: AbortSignal },
): Promise<ExitCode> => {
  const place = logAt(address);
  const name = createHash('sha256').update(place('').href).digest('hex').slice(0, 16);
  const file = options.state ?? join(settings.dataDir, 'seen-logs', `${name}.json`);
  const state = await readState(file);
  const get = (path: string) =>
    fetchCapped(place(path), { signal, maxBytes: maxFileBytes, sought: 'a file of a log' });
  const required = async (path: string) => {
    const bytes = await get(path);
    if (bytes === null) throw new UsageError(`There is no log at ${place(path).href}.`);
    return new TextDecoder().decode(bytes);
  };
  const named = (await Promise.all(options.logKey.map((each) => verifierKeysIn('--log-key', each)))).flat();
  const witnessKeys = (
    await Promise.all(options.witness.map((each) => verifierKeysIn('--witness', each)))
  ).flat();
  const pinned = readVerifierKeyLines(plain(file, 200), state?.log_keys.join('\n') ?? '');
  // What was kept follows rotations. If it was kept on the log's own word, a key that is named from now on counts alone.
  const isFirstNamed = named.length > 0 && state?.key_named === false;
  const kept = isFirstNamed ? named : [...pinned, ...named];
  // At the first look without a key the log's own word is taken, and held to it from then on.
  const logKeys =
    kept.length > 0 ? kept : readVerifierKeyLines('The log’s /log/vkey', await required('vkey'));
  const [key] = logKeys;
  if (key === undefined) throw new UsageError('The log names no key.');
  const note = await required('checkpoint');
  // Keys of several logs may be named.
  const origin = logKeys.find(({ name }) => note.startsWith(`${name}\n`))?.name ?? key.name;
  const now = new Date();
  const progress = progressOn(terminal);
  const report = await monitorLog(
    state && (isFirstNamed ? treeOf(state) : seenOf(state)),
    { note, readTile: get },
    {
      keys: { origin, logKeys, witnessKeys },
      now,
      onRead: (read, of) => progress.phase(`Read ${read} of ${of} entries.`),
    },
  ).finally(progress.stop);
  const { faults, seen } = report;
  if (seen !== null) {
    await mkdir(dirname(file), { recursive: true });
    const next = stateOf(seen, {
      checkpoint: note,
      logKeys: report.logKeys,
      isKeyNamed: named.length > 0 || state?.key_named === true,
    });
    await writeFileAtomic(file, `${JSON.stringify(next)}\n`);
  }
  const warnings = seen === null ? [] : warningsOf(report, witnessKeys.length, now);
  if (report.unnamedFaults > 0)
    warnings.push(`It has ${report.unnamedFaults} more faults, which are not listed.`);
  if (seen !== null && seen.read < seen.size)
    warnings.push(
      `Only ${seen.read} of ${seen.size} entries were read so far. Run the same command again to read on.`,
    );
  terminal.result(
    options.json
      ? plainJson({
          origin,
          size: seen?.size ?? null,
          read: seen?.read ?? null,
          root: seen === null ? null : toHex(seen.root),
          cosigned_at: report.cosignedAt?.toISOString() ?? null,
          faults,
          unnamed_faults: report.unnamedFaults,
          warnings,
          checkpoint: note,
          seen_before: state?.checkpoint ?? null,
        })
      : [
          ...faults.map(({ code, detail }) => terminal.paint('red', `${code}: ${plain(detail, 500)}`)),
          ...(seen === null
            ? [`The checkpoint that the log serves now:\n${plain(note, 2_000)}`]
            : [`${plain(origin, 200)} has ${seen.size} entries; root ${toHex(seen.root)}`]),
        ].join('\n'),
  );
  if (!options.json) for (const warning of warnings) terminal.say(warning);
  if (faults.length > 0) return exitCodes.failed;
  return seen !== null && seen.read < seen.size ? exitCodes.usage : exitCodes.done;
};
