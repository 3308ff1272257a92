import { judgeProviders } from '#contracts/judge-providers.ts';
import { workQueues } from '#queue/work.ts';

/**
 * A worker process for tests that kill it. It takes every job from the database in its first argument and ends none.
 */
const [databaseUrl] = process.argv.slice(2);
if (databaseUrl === undefined) throw new Error('Give a database URL.');

const never = (name: string) => () => {
  process.stdout.write(`${name}\n`);
  return new Promise<void>(() => {});
};
const silent = () => {};

await workQueues({
  judges: judgeProviders,
  databaseUrl,
  handlers: {
    'ingest-run': never('ingest-run'),
    'score-replay': never('score-replay'),
    'certify-run': never('certify-run'),
    'answer-inquiry': never('answer-inquiry'),
    'sign-log': never('sign-log'),
  },
  deadLetter: async () => {},
  periodic: {},
  logger: { info: silent, warn: silent, error: silent },
});
