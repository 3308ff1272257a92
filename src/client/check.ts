/**
 * `echelon-verify/check`: checks a certificate in any program, a browser's too, without an installation.
 *
 *     const files = await Promise.all(['.bundle', '/evidence.jsonl'].map((name) => fetch(`${page}${name}`)));
 *     const [bundle, evidence] = await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
 *     const { verdict, failures } = checkBundle({ id, bundle, evidence, jwks, vkeys, now: new Date() });
 */
export { type BundleCheck, checkBundle } from '#verification/certificate/check-bundle.ts';
export {
  type FailureCode,
  failureWords,
  type QuestionCode,
  questionWords,
} from '#verification/certificate/check-codes.ts';
export type { Check } from '#verification/certificate/verify.ts';
