import { expect, test } from 'vitest';
import { createClient, createMemoryTransport } from '../../client/index.ts';
import { type core, configMap, pod } from '../../kinds/index.ts';
import { seededRandom } from '../../lib/random.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import { removeContent } from './content.ts';

test('a namespace is empty when it was found so: a pod that comes while the rest goes is found by the next look', async () => {
  const server = createMemoryTransport({ clock: new VirtualClock(), random: seededRandom(1) });
  const client = createClient(server);
  const metadata = { namespace: 'team', name: 'late' };
  await client.create(configMap, { metadata });
  const { delete: remove } = server;
  server.delete = async (kind, key, options) => {
    if (kind.kind === 'ConfigMap') await client.create(pod, { metadata, spec: { containers: [] } as core.PodSpec });
    return remove(kind, key, options);
  };
  const looks = [await removeContent('team', client), await removeContent('team', client), await removeContent('team', client)];
  expect(looks.map((it) => [it.wasEmpty, it.remaining.size])).toEqual([
    [false, 0],
    [false, 0],
    [true, 0],
  ]);
  expect((await client.list(pod)).items).toEqual([]);
});
