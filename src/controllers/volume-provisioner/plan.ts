import type { core } from '../../kinds/index.ts';
import { isTrue } from '../../meta/condition.ts';
import { isDeleting } from '../../meta/owner.ts';
import type { Draft } from '../../meta/types.ts';
import {
  type Claim,
  classOf,
  dataFinalizer,
  isDelayed,
  ourDriver,
  provisionedBy,
  provisioner,
  provisionerBeta,
  selectedNode,
  sizeAsked,
  type StorageClass,
  type Volume,
} from '../volume-binder/vocabulary.ts';

export type Facts = {
  cluster: string;
  class(name: string): StorageClass | undefined;
  node(name: string): core.Node | undefined;
  nodes(): readonly core.Node[];
  hasVolume(name: string): boolean;
};

export type ProvisionPlan =
  | { do: 'nothing' }
  | { do: 'create'; className: string; volume: Draft<Volume> }
  | { do: 'fail'; className: string; message: string }
  /** The node it was to be made for has gone: the scheduler is to choose again. */
  | { do: 'reschedule'; message: string };

const nothing: ProvisionPlan = { do: 'nothing' };
const hostnameLabel = 'kubernetes.io/hostname';

export const volumeNameOf = ({ metadata }: Claim): string => `pvc-${metadata.uid}`;

/** The volume to make for a claim that the binder has handed to our provisioner. */
export function planProvision(claim: Claim, facts: Facts): ProvisionPlan {
  const { annotations = {} } = claim.metadata;
  const asked = annotations[provisioner] ?? annotations[provisionerBeta];
  if (asked !== ourDriver || claim.spec.volumeName || isDeleting(claim) || facts.hasVolume(volumeNameOf(claim))) return nothing;
  const className = classOf(claim);
  const found = facts.class(className);
  if (found?.provisioner !== ourDriver) return nothing;
  const fail = (message: string): ProvisionPlan => ({ do: 'fail', className, message });
  if (claim.spec.selector) return fail('claim Selector is not supported');
  if (claim.spec.dataSource || claim.spec.dataSourceRef) return fail('volumes with contents from elsewhere are not supported');
  if (claim.spec.volumeMode === 'Block') return fail('volumes of mode Block are not supported');
  const chosen = annotations[selectedNode];
  if (!chosen && isDelayed(found)) return nothing;
  const node = chosen ? facts.node(chosen) : anyNode(facts.nodes());
  if (!node && chosen) return { do: 'reschedule', message: `node ${JSON.stringify(chosen)} not found` };
  if (!node) return fail('no node is ready to hold the volume');
  return { do: 'create', className, volume: draftOf(claim, found, node, facts.cluster) };
}

/** Where nobody has said where: the same node for every such volume, as long as it is there. */
const anyNode = (nodes: readonly core.Node[]): core.Node | undefined =>
  nodes
    .filter((it) => !isDeleting(it) && !it.spec.unschedulable && isTrue(it.status?.conditions, 'Ready'))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))[0];

function draftOf(claim: Claim, found: StorageClass, node: core.Node, cluster: string): Draft<Volume> {
  const name = volumeNameOf(claim);
  const { name: claimName, namespace = '', uid, resourceVersion } = claim.metadata;
  const policy = (found.reclaimPolicy ?? 'Delete') as 'Delete' | 'Retain';
  return {
    metadata: {
      name,
      annotations: { [provisionedBy]: ourDriver },
      ...(policy === 'Delete' && { finalizers: [dataFinalizer] }),
    },
    spec: {
      capacity: { storage: sizeAsked(claim) },
      accessModes: claim.spec.accessModes ?? [],
      persistentVolumeReclaimPolicy: policy,
      storageClassName: found.metadata.name,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      ...(found.mountOptions?.length && { mountOptions: found.mountOptions }),
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name: claimName, uid, resourceVersion },
      // Docker names are one space for all clusters on an engine.
      csi: { driver: ourDriver, volumeHandle: `peapod_${cluster}_${name}`, volumeAttributes: { cluster } },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: hostnameLabel, operator: 'In', values: [node.metadata.labels?.[hostnameLabel] ?? node.metadata.name] },
              ],
            },
          ],
        },
      },
    },
  };
}
