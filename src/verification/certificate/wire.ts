import camelcaseKeys from 'camelcase-keys';
import snakecaseKeys from 'snakecase-keys';
import { z } from 'zod';
import { type Certificate, certificateSchema } from '#contracts/certificate.ts';

/** The form of files, REST and the command line: snake_case. The reasons in `draw.excluded` are in it already. */
export const toWire = (certificate: Certificate): Record<string, unknown> =>
  snakecaseKeys({ ...certificate });

export type WireReading = { ok: true; certificate: Certificate } | { ok: false; problems: string[] };

/** Reads a certificate in the wire's form; what is not one is described field by field, in the wire's names. */
export const fromWire = (document: unknown): WireReading => {
  const record = z.record(z.string(), z.unknown()).safeParse(document);
  if (!record.success) return { ok: false, problems: ['It is not a JSON object.'] };
  // The reasons in `draw.excluded` are data, not names.
  const parsed = certificateSchema.safeParse(
    camelcaseKeys(record.data, { deep: true, stopPaths: ['draw.excluded'] }),
  );
  if (parsed.success) return { ok: true, certificate: parsed.data };
  const named = (path: PropertyKey[]) =>
    path.map((part) => String(part).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)).join('.');
  return {
    ok: false,
    problems: parsed.error.issues.map(({ path, message }) => `${named(path)}: ${message}`),
  };
};
