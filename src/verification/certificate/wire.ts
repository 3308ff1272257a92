import camelcaseKeys from 'camelcase-keys';
import snakecaseKeys from 'snakecase-keys';
import { z } from 'zod';
import { type Certificate, certificateSchema } from '#contracts/certificate.ts';

/** The form of files, REST and the command line: snake_case. The reasons in `draw.excluded` are in it already. */
export const toWire = (certificate: Certificate): Record<string, unknown> =>
  snakecaseKeys({ ...certificate });

/** A name of the contract as the document has it. */
export const wireName = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export type WireReading = { ok: true; certificate: Certificate } | { ok: false; problems: string[] };

/** Where a document has a name that a certificate has not: nobody would show or check what stands there. */
const unknownNames = (document: unknown, known: unknown, path: string[] = []): string[] => {
  if (typeof document !== 'object' || document === null) return [];
  const inner = new Map(Object.entries(known ?? {}).map(([name, value]) => [wireName(name), value]));
  return Object.entries(document).flatMap(([name, value]) =>
    inner.has(name) ? unknownNames(value, inner.get(name), [...path, name]) : [[...path, name].join('.')],
  );
};

/** Reads a certificate in the wire's form; what is not one is described field by field, in the wire's names. */
export const fromWire = (document: unknown): WireReading => {
  const record = z.record(z.string(), z.unknown()).safeParse(document);
  if (!record.success) return { ok: false, problems: ['It is not a JSON object.'] };
  // The reasons in `draw.excluded` are data, not names.
  const parsed = certificateSchema.safeParse(
    camelcaseKeys(record.data, { deep: true, stopPaths: ['draw.excluded'] }),
  );
  if (!parsed.success)
    return {
      ok: false,
      problems: parsed.error.issues.map(
        ({ path, message }) => `${path.map((part) => wireName(String(part))).join('.')}: ${message}`,
      ),
    };
  // Also a second spelling of a known name, which other readers would take for something else.
  const unknown = unknownNames(document, parsed.data);
  return unknown.length === 0
    ? { ok: true, certificate: parsed.data }
    : { ok: false, problems: unknown.map((name) => `${name}: not a field of a certificate`) };
};
