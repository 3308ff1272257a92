/**
 * Postgres.js 3.4.9 does not forget how many rows it has received of a statement that then fails, such as one that takes
 * too long. The first rows of the next statement's answer on that connection are holes
 * (github.com/porsager/postgres/issues/1119, /issues/1181). This takes them out.
 */
export const dense = <Rows>(rows: Rows): Rows => {
  if (!Array.isArray(rows) || rows.length === 0 || 0 in rows) return rows;
  const first = rows.findIndex((_, at) => at in rows);
  rows.splice(0, first < 0 ? rows.length : first);
  return rows;
};
