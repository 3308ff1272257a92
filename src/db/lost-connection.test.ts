import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** The driver's version that the guard is written for: it works around its faults and wraps its transactions. */
const guarded = '3.4.9';

test('the driver is the version that the guard of its transactions was written for', () => {
  const manifest = join(import.meta.dirname, '../../node_modules/postgres/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  expect(
    version,
    `postgres is ${version}, and src/db/lost-connection.ts was written for ${guarded}. Read the driver's changes to ` +
      '`begin`, `savepoint` and `unsafe`, which the guard wraps. If its issues 1208 and 1216 are solved, remove the ' +
      'guard. Check with src/db/client.db.test.ts, which cuts connections within transactions. Then name the new ' +
      'version here and in the guard.',
  ).toBe(guarded);
});
