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

const generatedNames =
  /\.(?:min\.(?:js|css)|map|snap|pb\.(?:go|cc|h)|pb2?\.gw\.go|g\.dart|freezed\.dart|designer\.cs|generated\.\w+)$|_pb2(?:_grpc)?\.pyi?$|_(?:grpc_)?pb\.(?:js|ts|d\.ts)$/;

const generatedFolders = /(?:^|\/)(?:node_modules|vendor|dist|__generated__|__snapshots__)\//;

/** True for lock files and for files that tools write or copy, by the names in GitHub's linguist. */
export const isGeneratedPath = (path: string): boolean => {
  const lower = path.toLowerCase();
  return (
    lockFiles.has(lower.slice(lower.lastIndexOf('/') + 1)) ||
    generatedNames.test(lower) ||
    generatedFolders.test(lower)
  );
};
