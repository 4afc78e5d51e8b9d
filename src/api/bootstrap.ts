import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AnyKind,
  clusterRole,
  clusterRoleBinding,
  endpointSlice,
  endpoints,
  kindByName,
  namespace,
  priorityClass,
  service,
  serviceCidr,
  systemPriorityClasses,
} from '../kinds/index.ts';
import { readYamlDocuments } from '../meta/read/yaml.ts';
import { isReason } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import { policyObjects } from './auth/rbac/policy.ts';
import { storeKey } from './codec.ts';
import type { localTransport } from './local.ts';

type Local = ReturnType<typeof localTransport>;

/** Whose fields these objects' are. */
const byServer = { fieldManager: 'kube-apiserver' };

async function ensure(local: Local, kind: AnyKind, object: object, namespaceName?: string): Promise<void> {
  try {
    await local.create(kind, object, { ...byServer, ...(namespaceName && { namespace: namespaceName }) });
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}

/** What every cluster starts with: four namespaces, two priority classes, the usual roles, and the objects of `manifests` (a folder of YAML files, if it is there). */
export async function ensureInitialObjects(local: Local, manifests: string): Promise<void> {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) await ensure(local, namespace, { metadata: { name } });
  for (const { name, ...its } of systemPriorityClasses) await ensure(local, priorityClass, { metadata: { name }, ...its });
  const { roles, bindings } = policyObjects();
  await Promise.all([...roles.map((it) => ensure(local, clusterRole, it)), ...bindings.map((it) => ensure(local, clusterRoleBinding, it))]);
  if (!existsSync(manifests)) return;
  for (const file of readdirSync(manifests).sort()) {
    if (!/\.ya?ml$/.test(file)) continue;
    for (const document of readYamlDocuments(readFileSync(join(manifests, file), 'utf8'))) {
      const object = document as KubeObject;
      const kind = kindByName(object.apiVersion, object.kind);
      if (!kind) throw new Error(`${join(manifests, file)}: no kind ${object.kind} in ${object.apiVersion}`);
      await ensure(local, kind, object, object.metadata.namespace);
    }
  }
}

export const ownServiceCidr = storeKey(serviceCidr, undefined, 'kubernetes');
/** What makes up default/kubernetes. */
export const ownObjects = [service, endpoints, endpointSlice].map((kind) => storeKey(kind, 'default', 'kubernetes'));

/** The range that the cluster was made with, as an object that people and tools can read. */
export async function ensureServiceCidr(local: Local, cidr: string): Promise<void> {
  await ensure(local, serviceCidr, { metadata: { name: 'kubernetes' }, spec: { cidrs: [cidr] } });
}

/** default/kubernetes: the API server's own Service, at its reserved address, with the endpoint it really answers on. */
export async function ensureKubernetesService(local: Local, options: { clusterIp: string; address: string; port: number }): Promise<void> {
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  await ensure(
    local,
    service,
    {
      metadata: { name: 'kubernetes', labels },
      spec: { clusterIP: options.clusterIp, ports: [{ name: 'https', port: 443, targetPort: options.port }] },
    },
    'default',
  );
  const ports = [{ name: 'https', port: options.port, protocol: 'TCP' }];
  const wanted: Array<[AnyKind, object]> = [
    [
      endpoints,
      {
        metadata: { name: 'kubernetes', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
        subsets: [{ addresses: [{ ip: options.address }], ports }],
      },
    ],
    [
      endpointSlice,
      {
        metadata: { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [options.address], conditions: { ready: true } }],
        ports,
      },
    ],
  ];
  for (const [kind, object] of wanted) {
    await ensure(local, kind, object, 'default');
    await local.patch(kind, { namespace: 'default', name: 'kubernetes' }, { type: 'merge', body: object }, byServer);
  }
}
