import pino, { type DestinationStream, type Logger } from 'pino';
import { redacted } from '#contracts/redacted.ts';
import type { Tracing } from './tracing.ts';

/** Fields that hold secrets wherever they occur in this code or in what it is sent. */
const secretFields = [
  'apiKey',
  'authorization',
  'Authorization',
  'cookie',
  'databaseUrl',
  'githubToken',
  'headers',
  'oracleHeaders',
  'oracleUrl',
  'password',
  'sealed',
  'secret',
  'secrets',
  'token',
];
/** How deep they are looked for: pino's paths name each level. */
const depths = ['', '*.', '*.*.', '*.*.*.'];

/** As it stands within a JSON string. */
const inJson = (text: string) => JSON.stringify(text).slice(1, -1);

/**
 * The process's log: one JSON object a line, with the ids of what is worked on and of its trace. Nothing that is logged
 * is to hold a secret; here is the second net: fields of such names are blanked, and so are the installation's own
 * secrets wherever they stand.
 * @param secrets the installation's; one that is shorter than 8 characters would only garble words.
 */
export const createLogger = ({
  level,
  secrets,
  tracing,
  destination,
}: {
  level: string;
  secrets: string[];
  tracing: Pick<Tracing, 'here'>;
  destination?: DestinationStream;
}): Logger => {
  const hidden = secrets
    .filter((secret) => secret.length >= 8)
    .map(inJson)
    .toSorted((a, b) => b.length - a.length);
  const options = {
    level,
    mixin: () => tracing.here(),
    redact: {
      paths: depths.flatMap((depth) => secretFields.map((field) => `${depth}${field}`)),
      censor: redacted,
    },
    hooks: {
      streamWrite: (line: string) => hidden.reduce((kept, secret) => kept.replaceAll(secret, redacted), line),
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
};
