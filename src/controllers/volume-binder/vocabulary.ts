import type { core, storage } from '../../kinds/index.ts';
import { isDefaultClass } from '../../kinds/index.ts';

export type Claim = core.PersistentVolumeClaim;
export type Volume = core.PersistentVolume;
export type StorageClass = storage.StorageClass;

/** On a claim: the controller has seen it bound, so without its volume it is lost. */
export const bindCompleted = 'pv.kubernetes.io/bind-completed';
/** On either: the controller chose, not the user. */
export const boundByController = 'pv.kubernetes.io/bound-by-controller';
export const provisionedBy = 'pv.kubernetes.io/provisioned-by';
export const provisioner = 'volume.kubernetes.io/storage-provisioner';
export const provisionerBeta = 'volume.beta.kubernetes.io/storage-provisioner';
export const selectedNode = 'volume.kubernetes.io/selected-node';
const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** Our provisioner, and the driver of its volumes: a Docker volume each, on the engine of one node. */
export const ourDriver = 'volume.peapod.dev';
/** Holds a PersistentVolume until the node has removed the data. */
export const dataFinalizer = 'volume.peapod.dev/docker-volume';

/** '' says that there is to be none. */
export const classOf = ({ metadata, spec }: Claim | Volume): string =>
  metadata.annotations?.[classAnnotation] ?? spec.storageClassName ?? '';

export const namesNoClass = ({ metadata, spec }: Claim): boolean =>
  spec.storageClassName === undefined && metadata.annotations?.[classAnnotation] === undefined;

/** The newest of those marked as default. */
export const defaultClassOf = (classes: readonly StorageClass[]): StorageClass | undefined =>
  classes.filter(isDefaultClass).sort((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp))[0];

export const isDelayed = (it: StorageClass | undefined): boolean => it?.volumeBindingMode === 'WaitForFirstConsumer';

/** The volume is meant for this claim, be it that it names another of that name before this one was known. */
export const isMeantFor = ({ spec }: Volume, { metadata }: Claim): boolean =>
  spec.claimRef?.name === metadata.name &&
  spec.claimRef.namespace === metadata.namespace &&
  (!spec.claimRef.uid || spec.claimRef.uid === metadata.uid);

export const sizeAsked = ({ spec }: Claim): string => spec.resources?.requests?.['storage'] ?? '0';
export const sizeOf = ({ spec }: Volume): string => spec.capacity?.['storage'] ?? '0';
