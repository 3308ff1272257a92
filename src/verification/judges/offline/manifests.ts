import { cutText } from '#contracts/text.ts';

/** A package that a line of a manifest asks for. */
export type Dependency = { name: string; version: string };

const manifest =
  /(?:^|\/)(?:package\.json|composer\.json|requirements[\w.-]*\.txt|constraints\.txt|pyproject\.toml|pipfile|cargo\.toml|go\.mod|gemfile|[\w-]+\.gemspec|pom\.xml|build\.gradle(?:\.kts)?|libs\.versions\.toml|mix\.exs|pubspec\.yaml|package\.swift|environment\.ya?ml|dockerfile|[\w.-]+\.csproj)$|(?:^|\/)\.github\/(?:workflows|actions)\/.*\.ya?ml$/i;
export const isManifest = (path: string): boolean => manifest.test(path);

const version = '[\\^~<>=!v]*\\s*(?:\\d[\\w.+*-]*|latest|workspace:\\S*|\\*)';
const forms: RegExp[] = [
  new RegExp(`^\\s*"((?:@[\\w.-]+/)?[a-z][\\w./-]*)"\\s*:\\s*"(${version}[^"]*)"`, 'i'),
  /^\s*-?\s*uses:\s*([\w.-]+\/[\w./-]+)@([\w.-]+)/,
  /^\s*(?:-\s+)?["']?([a-z][\w.-]*)(?:\[[\w,\s-]*\])?\s*(?:==|>=|~=|<=|>|<|===)\s*([\w.*-]+)/i,
  /^\s*(?:require\s+)?((?:[\w-]+\.)+[a-z]{2,}\/[\w./-]+)\s+v([\w.+-]+)/,
  /^\s*gem\s+["']([\w-]+)["'](?:\s*,\s*["']([^"']+)["'])?/,
  /^\s*\{:(\w+),\s*"([^"]+)"/,
  /^\s*(?:\w*[iI]mplementation|api|compileOnly|runtimeOnly|kapt)\s*\(?\s*["']([\w.:-]+):([\w.+-]+)["']/,
  /^\s*<PackageReference\s+Include="([\w.]+)"\s+Version="([^"]+)"/,
  /<artifactId>([\w.-]+)<\/artifactId>()/,
  /^\s*FROM\s+([\w./-]+):([\w.-]+)/i,
  /^\s*([a-z][\w-]*)\s*=\s*(?:\{\s*version\s*=\s*)?["']([\^~<>=]*\s*\d[^"']*)["']/i,
  /^\s*([a-z][\w-]*)\s*:\s*([\^~<>=]*\d[\w.+-]*)\s*$/i,
];
const settingsOfManifests =
  /^(?:version|edition|rust-version|node|npm|python|name|description|go|sdk|flutter|line-length|target-version)$/i;

/** The dependency on a line of a manifest, if any. */
export function readDependency(text: string): Dependency | null {
  if (text.length > 300) return null;
  for (const form of forms) {
    const match = form.exec(text);
    const [, name, found] = match ?? [];
    if (name === undefined || settingsOfManifests.test(name)) continue;
    return { name, version: cutText((found ?? '').replace(/^[\^~<>=!v\s]+/, ''), 60) };
  }
  return null;
}
