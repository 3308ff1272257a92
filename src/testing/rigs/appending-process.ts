import { openDatabase } from '#db/client.ts';
import { keptCheckpointIn } from '#platform/log/kept-checkpoint.ts';
import { publishCheckpoint } from '#services/log/index.ts';
import { anyEntries, append, machineOf } from './log-rig.ts';

/**
 * A process for tests that kill it: appends to the log of the database in its first argument and signs, again and again.
 * Its second argument is the file that keeps the checkpoint.
 */
const [databaseUrl, folder] = process.argv.slice(2);
if (databaseUrl === undefined || folder === undefined) throw new Error('Give a database URL and a file.');

const { db } = openDatabase(databaseUrl, { max: 4 });
const context = { ...machineOf(db), keptCheckpoint: keptCheckpointIn(folder) };
for (let turn = 0; ; turn += 1) {
  const [index] = await append(context, anyEntries(1 + (turn % 5)));
  process.stdout.write(`appended ${index}\n`);
  await publishCheckpoint(context);
}
