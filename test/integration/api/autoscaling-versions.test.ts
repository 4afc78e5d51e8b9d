import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, type Transport } from '../../../src/client/index.ts';
import { type AnyKind, horizontalPodAutoscaler, kinds } from '../../../src/kinds/index.ts';
import { kubectlOf } from '../../fixtures/cluster/kubectl.ts';
import { kubectls } from '../../fixtures/kubectl.ts';
import { skipWithout } from '../../fixtures/skip-without-kubectl.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
beforeAll(async () => {
  server = await openTestApi();
});
afterAll(() => server.close());

// The oldest writes version 1, the newest version 2.
skipWithout(kubectls());
test.each([kubectls()[0], kubectls().at(-1)].filter((it) => it !== undefined))(
  'kubectl $version autoscales, in its version of the API',
  async ({ path, version }) => {
    const kubectl = kubectlOf(path, server.kubeconfig);
    const name = `web-${version.replace('.', '-')}`;
    await kubectl.ok(['create', 'serviceaccount', 'default']).catch(() => undefined);
    await kubectl.ok(['create', 'deployment', name, '--image=nginx']);
    await kubectl.ok(['autoscale', 'deployment', name, '--min=2', '--max=6', '--cpu-percent=70']);
    expect(await kubectl.ok(['get', 'hpa', name])).toMatch(
      /REFERENCE +TARGETS +MINPODS +MAXPODS +REPLICAS +AGE\n.* +Deployment\/.* +cpu: <unknown>\/70% +2 +6 +0/,
    );
    const read = async (path: string): Promise<unknown> => JSON.parse(await kubectl.ok(['get', '--raw', path])).spec;
    const where = `namespaces/default/horizontalpodautoscalers/${name}`;
    expect(await read(`/apis/autoscaling/v1/${where}`)).toMatchObject({
      minReplicas: 2,
      maxReplicas: 6,
      targetCPUUtilizationPercentage: 70,
    });
    expect(await read(`/apis/autoscaling/v2/${where}`)).toMatchObject({
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
    });
    await kubectl.ok(['patch', 'hpa.v1.autoscaling', name, '--type=merge', '-p', '{"spec":{"maxReplicas":9}}']);
    expect(await read(`/apis/autoscaling/v2/${where}`)).toMatchObject({ maxReplicas: 9 });
  },
);

test('a metric that says nothing has its place in a status, in both versions', async () => {
  const client = createClient(server.api.local as unknown as Transport);
  const key = { namespace: 'default', name: 'silent' };
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
  const spec = { scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' }, maxReplicas: 3, metrics: [cpu] };
  await client.create(horizontalPodAutoscaler, { metadata: key, spec });
  await client.changeStatus(horizontalPodAutoscaler, key, (draft) => {
    draft.status = { currentReplicas: 1, desiredReplicas: 1, currentMetrics: [{ type: '' }] };
  });
  expect((await client.get(horizontalPodAutoscaler, key))?.status?.currentMetrics).toEqual([{ type: '' }]);
  const older = kinds.find((it) => it.apiVersion === 'autoscaling/v1' && it.kind === 'HorizontalPodAutoscaler') as AnyKind;
  const shown = (await client.get(older, key))?.metadata.annotations?.['autoscaling.alpha.kubernetes.io/current-metrics'];
  expect(shown).toBe('[{"type":""}]');
});
