import { configMap, deployment, secret } from '../../../src/kinds/index.ts';
import { pause } from '../../fixtures/cluster/cluster.ts';
import type { Bench, Measure } from '../bench.ts';
import { cpuSecondsOf, memoryOf } from '../process.ts';
import type { Row } from '../table.ts';
import { gone, ready } from './pods.ts';

const count = 110;
const namespace = 'default';
const app = 'full';
const probe = { httpGet: { path: '/colour', port: 8080 }, periodSeconds: 1 };

/** As many pods as a node takes, at once; each with two probes a second, a ConfigMap and a Secret, as files and as variables. */
export const fullNode: Measure = async ({ client, cluster, say }: Bench): Promise<Row[]> => {
  say(`${count} pods with probes, ConfigMaps and Secrets at once`);
  await client.delete(deployment, { namespace, name: 'many' }, { propagationPolicy: 'Background' }).catch(() => undefined);
  await gone(client, 'many');
  await client.create(configMap, { metadata: { namespace, name: app }, data: { colour: 'blue' } });
  await client.create(secret, { metadata: { namespace, name: app }, data: { password: 'aGlkZGVu' } });
  const labels = { app };
  const container = {
    name: 'web',
    image: 'busybox:1.36',
    command: ['httpd', '-f', '-p', '8080', '-h', '/config'],
    env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: app, key: 'password' } } }],
    envFrom: [{ configMapRef: { name: app } }],
    volumeMounts: [
      { name: 'config', mountPath: '/config' },
      { name: 'secret', mountPath: '/secret' },
    ],
    ...{ readinessProbe: probe, livenessProbe: probe },
  };
  const volumes = [
    { name: 'config', configMap: { name: app } },
    { name: 'secret', secret: { secretName: app } },
  ];
  const template = { metadata: { labels }, spec: { containers: [container], volumes, terminationGracePeriodSeconds: 1 } };
  const before = cpuSecondsOf(cluster.pid());
  const took = await ready(client, app, count, () =>
    client.create(deployment, {
      metadata: { namespace, name: app },
      spec: { replicas: count, selector: { matchLabels: labels }, template },
    }),
  );
  const spent = cpuSecondsOf(cluster.pid()) - before;
  await pause(5_000);
  const settled = cpuSecondsOf(cluster.pid());
  await pause(20_000);
  const share = ((cpuSecondsOf(cluster.pid()) - settled) / 20) * 100;
  const memory = memoryOf(cluster.pid());
  await client.delete(deployment, { namespace, name: app }, { propagationPolicy: 'Background' });
  await gone(client, app);
  return [
    { what: `${count} pods with probes and files, all ready`, value: took / 1_000, unit: 's' },
    { what: `CPU of the control plane for each of them`, value: (spent / count) * 1_000, unit: 'ms' },
    {
      what: `CPU, ${2 * count} HTTP probes a second`,
      value: share,
      unit: '% of a core',
      budget: { most: 33, of: 'value', text: '≤ 33 %' },
    },
    { what: `memory with ${count} pods`, value: memory, unit: 'MB', budget: { most: 180, of: 'value', text: '≤ 180 MB' } },
  ];
};
