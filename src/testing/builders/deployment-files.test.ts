import { expect, test } from 'vitest';
import {
  composeText,
  firstContainer,
  jobPod,
  podSettings,
  service,
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
  for (const name of ['NEXTAUTH_SECRET', 'SECRETS_KEY', 'METRICS_TOKEN'])
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
