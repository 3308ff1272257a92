import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** The version whose faults the guard works around, and whose transactions it wraps. */
const guarded = '3.4.9';

test('the driver is the version that the guard of its transactions was written for', () => {
  const manifest = join(import.meta.dirname, '../../node_modules/postgres/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  expect(
    version,
    `postgres is ${version}, and src/db/lost-connection.ts was written for ${guarded}. Read the driver's changes to ` +
      '`begin`, `savepoint` and `unsafe`, which the guard wraps. Look whether issues 1208 and 1216 are solved: then the ' +
      'guard may go. Check with src/db/client.db.test.ts, which cuts connections within transactions. Then name the new ' +
      'version here and in the guard.',
  ).toBe(guarded);
});
