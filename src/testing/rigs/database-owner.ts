import { openEmbedded } from '#db/embedded.ts';

/** A process for tests that kill it. It owns the data directory in its first argument until it ends. */
const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('Give a data directory.');

const { databaseUrl } = await openEmbedded(dataDir);
process.stdout.write(`${databaseUrl}\n`);
setInterval(() => {}, 60_000);
