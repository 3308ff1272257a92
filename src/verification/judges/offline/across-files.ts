import type { Candidate } from './candidate.ts';
import { ruleOnClaim } from './claim-verdict.ts';
import type { DiffIndex } from './diff-index.ts';

/** What one file loses and another gains is one change: it is moved. */
export function nameMoves(perFile: Candidate[][], index: DiffIndex): void {
  const byName = Map.groupBy(
    perFile.flat().filter(({ kind }) => kind === 'defined' || kind === 'removed'),
    ({ name }) => name,
  );
  for (const [name, both] of byName) {
    const [come] = both.filter(({ kind }) => kind === 'defined');
    const [gone] = both.filter(({ kind }) => kind === 'removed');
    if (both.length !== 2 || !come || !gone || come.path === gone.path || come.noun !== gone.noun) continue;
    // A script that drops what another creates takes it back: nothing moves.
    const isDropped = index.holders
      .get(name)
      ?.some(
        ({ names, parsed }) =>
          parsed.path === gone.path && names.get(name)?.uses.some(({ drops }) => drops === true),
      );
    if (isDropped) {
      gone.importance = 0;
      continue;
    }
    if (index.holders.get(name)?.some((file) => file.kind === 'prose')) continue;
    const statement = `Moves the ${come.noun} \`${name}\` from ${gone.path} to ${come.path}.`;
    // Two things of one name, of which one goes and the other comes, are two changes.
    if (ruleOnClaim(statement, index).verdict !== 'supported') continue;
    come.kind = 'moved';
    come.statement = statement;
    gone.importance = 0;
  }
}

/** Keeps each name and each line where it matters most. */
export function nameOnce(perFile: Candidate[][]): Candidate[][] {
  const names = new Set<string>();
  const quotes = new Set<string>();
  const kept = new Set(
    perFile
      .flat()
      .sort((a, b) => b.importance - a.importance)
      .filter(({ name, path, kind, quote, importance }) => {
        const key = kind === 'called' || kind === 'imported' ? name : `${name} ${path}`;
        const line = `${path} ${quote}`;
        if (importance <= 0 || (name !== '' && names.has(key)) || quotes.has(line)) return false;
        names.add(key);
        quotes.add(line);
        return true;
      }),
  );
  return perFile.map((candidates) =>
    candidates.filter((candidate) => kept.has(candidate)).sort((a, b) => b.importance - a.importance),
  );
}
