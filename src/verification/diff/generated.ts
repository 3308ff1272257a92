const lockFiles = new Set([
  '.terraform.lock.hcl',
  'bun.lock',
  'bun.lockb',
  'buildscript-gradle.lockfile',
  'cargo.lock',
  'cartfile.resolved',
  'chart.lock',
  'composer.lock',
  'conan.lock',
  'deno.lock',
  'flake.lock',
  'gemfile.lock',
  'go.sum',
  'go.work.sum',
  'gradle.lockfile',
  'mix.lock',
  'module.bazel.lock',
  'npm-shrinkwrap.json',
  'package-lock.json',
  'package.resolved',
  'packages.lock.json',
  'paket.lock',
  'pdm.lock',
  'pipfile.lock',
  'pixi.lock',
  'pnpm-lock.yaml',
  'podfile.lock',
  'poetry.lock',
  'pubspec.lock',
  'uv.lock',
  'yarn.lock',
]);

const generatedEndings = [
  '.min.js',
  '.min.css',
  '.map',
  '.snap',
  '.pb.go',
  '.pb.cc',
  '.pb.h',
  '.pb.gw.go',
  '.pb2.gw.go',
  '.pb.swift',
  '.g.dart',
  '.freezed.dart',
  '.designer.cs',
  '.g.cs',
  '_pb2.py',
  '_pb2.pyi',
  '_pb2_grpc.py',
  '_pb.js',
  '_pb.ts',
  '_pb.d.ts',
  '_grpc_pb.js',
  '_grpc_pb.ts',
  '_grpc_pb.d.ts',
  '_generated.go',
  '_gen.go',
  '_string.go',
  '.approved.txt',
  '/meta/_journal.json',
];
/** A word between two dots before the ending: `schema.generated.ts`. */
const generatedWord = /\.(?:generated|gen)\.\w+$|\/meta\/\d+_snapshot\.json$/;

const generatedFolders = [
  'node_modules',
  'vendor',
  'third_party',
  'dist',
  '__generated__',
  '__snapshots__',
  'generated',
  '.yarn',
  'pods',
];

/** What counts as generated, for a reader: file names, endings and folders. */
export const generatedFiles: string[] = [
  ...lockFiles,
  ...generatedEndings.map((ending) => `*${ending}`),
  '*.generated.*',
  '*.gen.*',
  ...generatedFolders.map((folder) => `${folder}/`),
];

/** True for lock files and for files that tools write or copy, by the names in GitHub's linguist. */
export const isGeneratedPath = (path: string): boolean => {
  const lower = path.toLowerCase();
  return (
    lockFiles.has(lower.slice(lower.lastIndexOf('/') + 1)) ||
    generatedEndings.some((ending) => lower.endsWith(ending)) ||
    generatedWord.test(`/${lower}`) ||
    generatedFolders.some((folder) => `/${lower}`.includes(`/${folder}/`))
  );
};
