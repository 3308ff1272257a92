import { sql } from 'drizzle-orm';
import type { Database } from '#db/client.ts';

/** When a step of a replay was stored, in milliseconds since the epoch. `column` is the step's column. */
export type StoredStep = { change: number; column: string; at: number };

/** Makes this database record when each step of a replay is stored. */
export const keepStoredSteps = async (db: Database): Promise<void> => {
  await db.execute(sql`
    create table stored_steps (change int not null, step text not null, at timestamptz not null)`);
  await db.execute(sql`
    create function keep_stored_steps() returns trigger language plpgsql as $$
    begin
      insert into stored_steps
      select new.ground_truth_id::int, now_.key, clock_timestamp()
      from jsonb_each(to_jsonb(new)) now_
      where now_.key like '%\\_json' and now_.value is distinct from to_jsonb(old) -> now_.key;
      return null;
    end $$`);
  await db.execute(sql`
    create trigger keep_stored_steps after update on verification_replays
    for each row execute function keep_stored_steps()`);
};

export const storedSteps = async (db: Database): Promise<StoredStep[]> => {
  const rows = await db.execute<StoredStep>(sql`
    select change, step as column, (extract(epoch from at) * 1000)::float8 as at from stored_steps order by at`);
  return [...rows];
};
