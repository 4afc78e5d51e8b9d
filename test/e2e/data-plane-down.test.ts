import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { serviceCidr, service } from '../../src/kinds/index.ts';
import { faultOfKernel, markOf } from '../../src/proxy/index.ts';
import { found, startTestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { askFromHost } from '../fixtures/proxy/echo.ts';

const noKernel = await faultOfKernel();
const shown = (...command: [string, ...string[]]): string => execFileSync(command[0], command.slice(1), { encoding: 'utf8' });

test.skipIf(noKernel !== undefined)(
  'a range that was added: strays are refused, and nothing of it outlives kill -9 and peapod down',
  async () => {
    const name = 'down-again';
    const cluster = await startTestCluster({ name, second: 148, nodePorts: '24700-24709', flags: ['--data-plane', 'nftables'] });
    // It listens on all addresses of this host, and is no service all the same.
    const other = createServer((socket) => socket.end('not a service'));
    let isDown = false;
    try {
      const { port } = await new Promise<{ port: number }>((resolve) =>
        other.listen(0, '0.0.0.0', () => resolve(other.address() as { port: number })),
      );
      const { client, close } = readKubeconfig(cluster.kubeconfig);
      const ask = async (address: string) => (await askFromHost([{ protocol: 'TCP', address, port, tries: 1, patienceMs: 1_000 }]))[0]?.[0];
      await client.create(serviceCidr, { metadata: { name: 'more' }, spec: { cidrs: ['10.151.0.0/28'] } });
      await found(cluster, 'the range is ready', async () => {
        const it = await client.get(serviceCidr, { name: 'more' });
        return it?.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True');
      });
      await client.create(service, {
        metadata: { name: 'far', namespace: 'default' },
        spec: { clusterIP: '10.151.0.5', ports: [{ port: 80 }] },
      });
      await found(cluster, 'a stray is refused', async () => (await ask('10.151.0.7')) === 'ECONNREFUSED');
      expect(await ask('10.149.0.77')).toBe('ECONNREFUSED');
      shown('ip', 'route', 'del', 'local', '10.151.0.0/28', 'dev', 'lo');
      const routes = () => shown('ip', 'route', 'show', 'table', 'local', 'proto', '112');
      await found(cluster, 'the route is put back', async () => routes().includes('10.151.0.0/28'));
      close();
      await cluster.kill();
      expect([routes().includes(`metric ${markOf(name)}`), shown('nft', 'list', 'tables').includes(`peapod-${name}`)]).toEqual([
        true,
        true,
      ]);
      await cluster.destroy();
      isDown = true;
      expect(routes()).not.toMatch(/10\.(149|151)\.0\.0/);
      expect(shown('nft', 'list', 'tables')).not.toContain(`peapod-${name}`);
      expect(existsSync(cluster.dataDir)).toBe(false);
    } finally {
      other.close();
      if (!isDown) await cluster.destroy();
    }
  },
);
