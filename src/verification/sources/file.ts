import { faultCode } from '#contracts/errors.ts';
import { type GroundTruth, groundTruthSchema } from '#contracts/ground-truth.ts';
import { utcInstantSchema } from '#contracts/instant.ts';
import { isCut } from '../diff/cut-diff.ts';
import { drawChanges, sinceMs } from './draw.ts';
import { toGroundTruth } from './eligibility.ts';
import { type GroundTruthSource, SourceError } from './source.ts';

const lineSchema = groundTruthSchema.extend({
  mergedAt: utcInstantSchema,
});

const invalid = (path: string, line: number, problem: string) =>
  new SourceError('invalid', `${path}, line ${line}: ${problem}`);

const readLine = (path: string, number: number, text: string): GroundTruth => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(path, number, 'not JSON. Each line must be one JSON object; `ingest` writes such a file.');
  }
  const parsed = lineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 5).map((issue) => {
    const field = issue.path.map(String).join('.');
    return field === '' ? issue.message : `${field}: ${issue.message}`;
  });
  throw invalid(path, number, problems.join('; '));
};

/** JSON Lines, one ground truth per line: `ingest` writes it, `fileSource` reads it. */
export const serializeGroundTruth = (records: GroundTruth[]): string =>
  records.map((record) => `${JSON.stringify(groundTruthSchema.parse(record))}\n`).join('');

/**
 * Reads every line before anything is drawn, so that a bad line is reported at once.
 * @throws SourceError `invalid` with line and field; `empty`; `not_found` or `unreachable` when `readText` fails.
 */
const parseGroundTruth = (path: string, text: string): GroundTruth[] => {
  const seen = new Map<string, number>();
  return text
    .replace(/^\u{feff}/u, '')
    .split('\n')
    .flatMap((line, index) => {
      if (line.trim() === '') return [];
      const record = readLine(path, index + 1, line);
      const before = seen.get(record.id);
      if (before !== undefined) {
        throw invalid(
          path,
          index + 1,
          `id: "${record.id}" is already on line ${before}. Ids must be unique.`,
        );
      }
      seen.set(record.id, index + 1);
      return [record];
    });
};

/** Ground truth from a JSON Lines file. `name` is what the certificate shows, by default the path as given. */
export const fileSource = (options: {
  readText: (path: string) => Promise<string>;
  path: string;
  name?: string;
}): GroundTruthSource => ({
  async draw(request) {
    const { path, name = path } = options;
    let text: string;
    try {
      text = await options.readText(path);
    } catch (error) {
      const code = faultCode(error) ?? 'unknown fault';
      throw code === 'ENOENT'
        ? new SourceError(
            'not_found',
            `${path} does not exist. Give the path of a .jsonl file of ground truth.`,
          )
        : new SourceError('unreachable', `${path} could not be read (${code}).`);
    }
    const records = parseGroundTruth(path, text);
    if (records.length === 0) {
      throw new SourceError('empty', `${path} contains no ground truth. Write such a file with \`ingest\`.`);
    }
    const from = sinceMs(request.since);
    const candidates = records.filter(
      (record) =>
        Date.parse(record.mergedAt) >= from &&
        (request.label === null || record.labels.includes(request.label)),
    );
    return drawChanges({
      // A file can be in any order; `ingest` writes the seeded one.
      candidates: candidates.sort((a, b) => Date.parse(b.mergedAt) - Date.parse(a.mergedAt)),
      load: async ({ diff, filesChanged, ...change }) => {
        const read = toGroundTruth(change, diff);
        // A diff that was cut before it was written no longer names all its files.
        return 'excluded' in read || !isCut(diff) ? read : { ...read, filesChanged };
      },
      request,
      source: `file:${name}`,
      isPrivate: false,
    });
  },
});
