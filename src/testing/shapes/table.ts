/**
 * What the test of hostile text does not call, and why. It calls everything else that is exported and takes text, with
 * values made from its types.
 */

/** A folder of `src` with a slash at its end, a file, or a file and the name of its function. */
export const notCalled: Record<string, string> = {
  'testing/': 'Only tests import it.',
  'bench/': 'Only benches import it.',
  'db/': 'Its text is the schema’s own, and the operator’s address of the database.',
  'queue/': 'The payload of a job is ids.',
  'start/': 'Its text is the operator’s: folders, addresses, variables.',
  'composition.ts': 'It opens the database and the network for a process.',
  'env.ts': 'Its text is the operator’s variables.',
  'app/server.ts': 'It loads only inside Next.',
  'cli/':
    'It works for the person who typed the command. It reads foreign text through contracts and verification.',
  'client/': 'It opens connections to the installation that its user chose.',

  'platform/children/start-child.ts': 'It starts a program.',
  'platform/engine-version.ts': 'Its text is the operator’s: the program’s folder.',
  'platform/free-disk.ts': 'It asks the file system.',
  'platform/kept-key.ts': 'It reads and writes a file.',
  'platform/log/kept-checkpoint.ts': 'It reads and writes a file.',
  'platform/git/': 'It starts git and opens folders. What git prints is read in verification/sources.',
  'platform/network/guarded-fetch.ts': 'It opens connections.',
  'platform/network/pin-address.ts': 'It asks the name server.',
  'platform/network/proxies.ts proxiedFetch': 'It opens connections.',
  'platform/network/tunnel.ts': 'It opens connections.',
  'platform/open-source.ts': 'It opens a source, which reaches the network and the disk.',
  'platform/python/': 'It starts Python. What Python prints is read in verification/oracles.',
  'platform/telemetry/': 'It writes logs and metrics, whose text was bounded before.',
  'services/ground/prepare-database.ts': 'It connects to the operator’s database.',
  'rest/worker-server.ts': 'It listens on a port.',
  'verification/certificate/compare.ts compareCertificates':
    'It compares every two; a command names at most 20.',
  'verification/text/merge-forms.ts replaceLinks':
    'A made function puts the whole text in place of each link.',
  'verification/judges/patient-judge.ts':
    'It asks again while a judge is away, and a made judge is always away.',
};

/** Types of parameters that cannot be made, with what a function does with them. */
export const types: Record<string, string> = {
  PostgresJsDatabase: 'asks the database, after a contract parsed the text',
  PgTransaction: 'asks the database, after a contract parsed the text',
  PgColumn: 'builds a statement that has the text as a parameter',
  Return: 'asks the database about its migrations',
  ZodType: 'parses with a schema; every schema is tried by itself',
  ZodObject: 'parses with a schema; every schema is tried by itself',
  Octokit: 'calls GitHub; its answers are parsed by schemas',
  Anthropic: 'calls the provider; its answers are read by functions that are tried by themselves',
  ServerResponse: 'writes to a connection',
  Duplex: 'writes to a connection',
  Server: 'listens on a port',
  CreateRouterOptions: 'joins procedures, which are tried through the doors',
  RouterDef: 'joins procedures, which are tried through the doors',
  MaybePromise: 'makes a caller of procedures, which are tried through the doors',
};
