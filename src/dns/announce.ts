import type { Client } from '../client/index.ts';
import { service } from '../kinds/index.ts';
import { isReason } from '../meta/status-error.ts';

const namespace = 'kube-system';
const labels = {
  'k8s-app': 'kube-dns',
  'kubernetes.io/cluster-service': 'true',
  'kubernetes.io/name': 'CoreDNS',
  // The server listens on the address itself: no other proxy is to take it.
  'service.kubernetes.io/service-proxy-name': 'peapod-dns',
};

/**
 * Makes kube-system/kube-dns, by which people and tools find the cluster's name server; its address is then nobody
 * else's. One that is there at that address is left as it is. Fails when another Service has the address.
 */
export async function announceDns(client: Client, { address }: { address: string }): Promise<void> {
  const found = await client.get(service, { namespace, name: 'kube-dns' });
  if (found?.spec.clusterIP === address) return;
  if (found) await client.delete(service, { namespace, name: 'kube-dns' });
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' as const, targetPort: 53 },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' as const, targetPort: 53 },
  ];
  try {
    await client.create(service, { metadata: { name: 'kube-dns', namespace, labels }, spec: { clusterIP: address, ports } });
  } catch (error) {
    // Another start of the same cluster was quicker.
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}
