/** What stands after a certificate's address for its files that are one document. */
export const certificateFileEndings = ['json', 'jws', 'bundle', 'tlog-proof'] as const;

const endings = certificateFileEndings.join('|');
const certificateFile = new RegExp(
  `^/certificates/[^/]+(?:\\.(?:${endings})|/evidence(?:\\.jsonl|/[^/]+)|/openings\\.jsonl)$`,
);

/**
 * Whether a path is that of a file which strangers check with programs of their own: the log's, a certificate's, and the
 * public keys; or of such a program. They are data, like the API's answers, and never run in a browser.
 */
export const isPublicFile = (path: string): boolean =>
  ['/log/', '/.well-known/', '/docs/programs/'].some((folder) => path.startsWith(folder)) ||
  certificateFile.test(path);
