import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

// Reads the commands, variables and probes of compose.yaml and the Kubernetes example, and what the Dockerfile removes.

const projectRoot = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');

type Service = {
  image: string;
  command: string[];
  environment: Record<string, string>;
  healthcheck?: { test: string[] };
  stop_grace_period?: string;
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  pids_limit?: number;
  mem_limit?: string;
  memswap_limit?: string;
  ports?: string[];
  networks?: string[];
};
export type HttpProbe = { httpGet: { path: string; port: string } };
type Container = {
  name: string;
  image: string;
  args: string[];
  env: { name: string; value?: string }[];
  ports?: { name: string; containerPort: number }[];
  livenessProbe: HttpProbe;
  readinessProbe: HttpProbe;
  lifecycle?: { preStop: { exec: { command: string[] } } };
  resources: { limits: { memory: string } };
  securityContext: {
    allowPrivilegeEscalation: boolean;
    readOnlyRootFilesystem: boolean;
    capabilities: { drop: string[] };
  };
};
export type PodSpec = {
  terminationGracePeriodSeconds: number;
  automountServiceAccountToken: boolean;
  securityContext: { runAsNonRoot: boolean; runAsUser: number; seccompProfile: { type: string } };
  containers: Container[];
};
type Selector = { matchLabels?: Record<string, string>; matchExpressions?: { values: string[] }[] };
export type Peer = {
  ipBlock?: { cidr: string; except: string[] };
  podSelector?: Selector;
  namespaceSelector?: Selector;
};
type NetworkPolicy = {
  podSelector: Selector;
  policyTypes: string[];
  ingress?: { from: Peer[]; ports: { port: number }[] }[];
  egress: { to: Peer[]; ports: { protocol: string; port?: number }[] }[];
};
type Manifest = {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec?: { template?: { spec: PodSpec } };
};

export const composeText = read('compose.yaml');
const compose = parse(composeText, { merge: true }) as {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean } | null>;
  configs: { role: { content: string } };
};
export const { services, networks } = compose;
const manifests = parseAllDocuments(read('.github/kubernetes/echelon-verify.yaml')).map(
  (document) => document.toJS() as Manifest,
);

export const dockerfile = read('Dockerfile');

/** The commands that remove from the image, after the build, what the application runs without. */
export const afterBuild = (() => {
  const found = /npm run build \\\n\s+&& ([\s\S]+?)\n\n/.exec(dockerfile)?.[1];
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

/** Every pod that any manifest makes. */
export const pods = manifests.flatMap(({ metadata, spec }) =>
  spec?.template === undefined ? [] : [{ name: metadata.name, pod: spec.template.spec }],
);

const dataOf = (name: string) =>
  manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name)?.data ?? {};

/** The variables that all pods share. */
export const podSettings = dataOf('echelon-verify');

/** What makes the program's role in an empty database, in both files. */
export const roleScripts = [
  compose.configs.role.content,
  dataOf('echelon-verify-postgres')['role.sql'] ?? '',
];

export const networkPolicy = (name: string): NetworkPolicy => {
  const found = manifests.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === name);
  if (found?.spec === undefined) throw new Error(`There is no network policy ${name}.`);
  return found.spec as unknown as NetworkPolicy;
};

export const firstContainer = ({ containers: [container] }: PodSpec): Container => {
  if (container === undefined) throw new Error('The pod has no container.');
  return container;
};
