import pino, { type DestinationStream, type Logger } from 'pino';
import { redacted } from '#contracts/redacted.ts';
import type { Tracing } from './tracing.ts';

/** Fields that hold secrets in this code or in data it receives. */
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
/** How deep they are searched for: pino's paths name each level. */
const depths = ['', '*.', '*.*.', '*.*.*.'];

/** The text as it appears inside a JSON string. */
const inJson = (text: string) => JSON.stringify(text).slice(1, -1);

/**
 * The process's log: one JSON object per line, with the ids of the current work and of its trace. Nothing logged should
 * contain a secret. As a second line of defence, fields with these names are blanked, and so are the installation's own
 * secrets wherever they appear.
 * @param secrets the installation's. Those shorter than 8 characters are ignored, because blanking them would only
 * garble words.
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
