/** Rows by at most `size` at a time: Postgres takes 65,535 parameters in one statement, and a statement is held whole. */
export function* chunksOf<Row>(rows: readonly Row[], size: number): Generator<Row[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}
