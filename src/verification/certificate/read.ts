import { type Certificate, certificateSchema } from '#contracts/certificate.ts';
import { isObject } from '#contracts/json.ts';
import { fromWire, wireName } from '#contracts/wire.ts';

export type WireReading = { ok: true; certificate: Certificate } | { ok: false; problems: string[] };

/** The names in a document that a certificate does not have. Nothing would show or check their content. */
const unknownNames = (document: unknown, known: unknown, path: string[] = []): string[] => {
  if (typeof document !== 'object' || document === null) return [];
  const inner = new Map(Object.entries(known ?? {}).map(([name, value]) => [wireName(name), value]));
  return Object.entries(document).flatMap(([name, value]) =>
    inner.has(name) ? unknownNames(value, inner.get(name), [...path, name]) : [[...path, name].join('.')],
  );
};

/** Reads a certificate from its wire form. Anything else is described field by field, by wire names. */
export const readCertificate = (document: unknown): WireReading => {
  if (!isObject(document)) return { ok: false, problems: ['It is not a JSON object.'] };
  // The reasons in `draw.excluded` are data, not names.
  const parsed = certificateSchema.safeParse(fromWire(document, ['excluded']));
  if (!parsed.success)
    return {
      ok: false,
      problems: parsed.error.issues.map(
        ({ path, message }) => `${path.map((part) => wireName(String(part))).join('.')}: ${message}`,
      ),
    };
  // This also finds a second spelling of a known name, which other readers might read as the field.
  const unknown = unknownNames(document, parsed.data);
  return unknown.length === 0
    ? { ok: true, certificate: parsed.data }
    : { ok: false, problems: unknown.map((name) => `${name}: not a field of a certificate`) };
};
