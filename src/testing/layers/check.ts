import { dirname, join, normalize } from 'node:path';
import { readImports } from './imports.ts';
import { type Place, places, typesOnly } from './table.ts';

/** Sources by path below `src`. */
export type Sources = ReadonlyMap<string, string>;

const isRoute = (file: string) => /^app\/.*\/route\.ts$/.test(file);

const fits = ({ at }: Place, file: string) =>
  at === 'app/**/route.ts' ? isRoute(file) : file === at || file.startsWith(`${at}/`);

/** The most specific place that covers a file. */
const placeOf = (file: string): Place | null =>
  places.filter((place) => fits(place, file)).sort((a, b) => b.at.length - a.at.length)[0] ?? null;

/** Whether a name in the table covers the place. */
export const covers = (name: string, at: string) => (name.endsWith('/') ? at.startsWith(name) : at === name);

const layerOf = (file: string) => file.split('/')[0] ?? file;

/** What an import names: a file below `src`, or a package. */
export const importTarget = (file: string, specifier: string): { file: string } | { package: string } => {
  if (specifier.startsWith('#')) return { file: normalize(specifier.slice(1)) };
  if (specifier.startsWith('.')) return { file: normalize(join(dirname(file), specifier)) };
  if (specifier.startsWith('node:')) return { package: 'node' };
  return { package: specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/') };
};

const pathFault = (file: string, specifier: string, target: string): string | null => {
  const across = layerOf(file) !== layerOf(target);
  if (across && !specifier.startsWith('#')) return `Import other layers by alias: #${target}.`;
  if (!across && specifier.startsWith('#')) return 'Imports inside a layer are relative.';
  return null;
};

const fileFault = (from: Place, file: string, target: string, types: boolean): string | null => {
  const to = placeOf(target);
  if (to === null) return `${target} has no place in the table.`;
  if (from === to) return null;
  if (!from.imports.some((name) => covers(name, to.at)))
    return `${from.at} may import only: ${from.imports.join(', ') || 'nothing'}.`;
  if (to.faced && layerOf(file) !== layerOf(target) && target !== `${to.at}/index.ts`)
    return `Import ${to.at} by its face, #${to.at}/index.ts.`;
  if (!types && typesOnly[from.at]?.includes(to.at)) return `${from.at} may import only types from ${to.at}.`;
  return null;
};

/** Violations of the table, one line each: file, import and rule. */
export const findViolations = (sources: Sources): string[] =>
  [...sources].flatMap(([file, source]) => {
    const place = placeOf(file);
    if (place === null) return [`${file} has no place in the table.`];
    return readImports(file, source).flatMap(({ specifier, types }) => {
      if (specifier === null) return [`${file} computes what it imports, which the table cannot check.`];
      const target = importTarget(file, specifier);
      const fault =
        'package' in target
          ? place.packages?.includes(target.package)
            ? null
            : `${place.at} may import only the packages: ${place.packages?.join(', ') ?? 'none'}.`
          : (pathFault(file, specifier, target.file) ?? fileFault(place, file, target.file, types));
      return fault === null ? [] : [`${file} imports ${specifier}. ${fault}`];
    });
  });

/** A file's folder, or the file if it is a place of its own, like `start.ts` or a room's face. */
const nodeOf = (file: string): string => {
  const place = placeOf(file);
  const isFace = place?.faced && file === `${place.at}/index.ts`;
  return isFace || place?.at === file || isRoute(file) ? file : dirname(file);
};

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

const graphOf = (sources: Sources, name: (file: string) => string): Graph => {
  const graph = new Map<string, Set<string>>();
  for (const [file, source] of sources)
    for (const { specifier } of readImports(file, source)) {
      if (specifier === null) continue;
      const target = importTarget(file, specifier);
      if ('package' in target || name(target.file) === name(file)) continue;
      graph.set(name(file), (graph.get(name(file)) ?? new Set()).add(name(target.file)));
    }
  return graph;
};

/** The shortest path from a node back to itself, or null. */
const circleFrom = (graph: Graph, start: string): string[] | null => {
  const paths = [[start]];
  const seen = new Set<string>();
  for (const path of paths)
    for (const next of graph.get(path.at(-1) ?? '') ?? []) {
      if (next === start) return path;
      if (seen.has(next)) continue;
      seen.add(next);
      paths.push([...path, next]);
    }
  return null;
};

/** Circles among files and among folders, type imports included, each reported once: "a → b → a". */
export const findCircles = (sources: Sources): string[] => {
  const found = new Map<string, string>();
  for (const graph of [graphOf(sources, (file) => file), graphOf(sources, nodeOf)])
    for (const start of graph.keys()) {
      const circle = circleFrom(graph, start);
      if (circle !== null) found.set([...circle].sort().join(), [...circle, start].join(' → '));
    }
  return [...found.values()];
};
