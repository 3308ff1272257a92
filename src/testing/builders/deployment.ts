import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

// Reads the commands, variables and probes of compose.yaml and the Kubernetes example, and what the Dockerfile removes.

const projectRoot = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');

type Service = {
  command: string[];
  environment: Record<string, string>;
  healthcheck?: { test: string[] };
  stop_grace_period?: string;
};
export type HttpProbe = { httpGet: { path: string; port: string } };
type Container = {
  name: string;
  args: string[];
  env: { name: string; value?: string }[];
  ports?: { name: string; containerPort: number }[];
  livenessProbe: HttpProbe;
  readinessProbe: HttpProbe;
  lifecycle?: { preStop: { exec: { command: string[] } } };
};
export type PodSpec = {
  terminationGracePeriodSeconds: number;
  containers: Container[];
};
type Manifest = {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec?: { template?: { spec: PodSpec } };
};

export const composeText = read('compose.yaml');
const { services } = parse(composeText, { merge: true }) as { services: Record<string, Service> };
const manifests = parseAllDocuments(read('.github/kubernetes/echelon-verify.yaml')).map(
  (document) => document.toJS() as Manifest,
);

/** The commands that remove from the image, after the build, what the application runs without. */
export const afterBuild = (() => {
  const found = /npm run build \\\n\s+&& ([\s\S]+?)\n\n/.exec(read('Dockerfile'))?.[1];
  if (found === undefined) throw new Error('The Dockerfile does not say what follows its build.');
  return found;
})();

/** A service of compose.yaml. */
export const service = (name: string): Service => {
  const found = services[name];
  if (found === undefined) throw new Error(`compose.yaml has no service ${name}.`);
  return found;
};

const podOf = (kind: string, name: string): PodSpec => {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (found?.spec?.template === undefined) throw new Error(`There is no ${kind} ${name}.`);
  return found.spec.template.spec;
};

export const webPod = podOf('Deployment', 'echelon-verify-web');
export const workerPod = podOf('Deployment', 'echelon-verify-worker');
export const jobPod = podOf('Job', 'echelon-verify-migrate');

/** The variables that all pods share. */
export const podSettings = manifests.find(({ kind }) => kind === 'ConfigMap')?.data ?? {};

export const firstContainer = ({ containers: [container] }: PodSpec): Container => {
  if (container === undefined) throw new Error('The pod has no container.');
  return container;
};
