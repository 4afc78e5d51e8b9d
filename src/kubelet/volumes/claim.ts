import { chmod, readdir, stat } from 'node:fs/promises';
import type { core } from '../../kinds/index.ts';
import type { PreparedVolume } from '../mounts.ts';
import { directory, engineVolume } from './directory.ts';
import { exists } from './files.ts';
import { checkedPath } from './host-path.ts';
import { mountNfs } from './nfs.ts';
import { giveToGroup, isGroups } from './ownership.ts';
import { setUpError, type VolumeContext, VolumeError, type VolumeType } from './volume-type.ts';

/** The driver of the volumes that our provisioner makes. */
export const ourDriver = 'volume.peapod.dev';

export const claimVolume: VolumeType = {
  field: 'persistentVolumeClaim',
  mount: (pod, volume, context) =>
    claimed(pod, volume, volume.persistentVolumeClaim?.claimName ?? '', volume.persistentVolumeClaim?.readOnly ?? false, context),
};

/** A claim of the pod's own, made from a template by a controller under the pod's and the volume's name. */
export const ephemeralVolume: VolumeType = {
  field: 'ephemeral',
  mount: (pod, volume, context) => claimed(pod, volume, `${pod.metadata.name}-${volume.name}`, false, context),
};

async function claimed(
  pod: core.Pod,
  volume: core.Volume,
  name: string,
  readOnly: boolean,
  context: VolumeContext,
): Promise<PreparedVolume> {
  const persistent = await boundTo(pod, volume, name, context).catch((error: unknown) => {
    if (!(error instanceof VolumeError)) throw error;
    const title = `error processing PVC ${pod.metadata.namespace}/${name}: ${error.message}`;
    throw new VolumeError(
      `Unable to attach or mount volumes: unmounted volumes=[${volume.name}], unattached volumes=[], failed to process volumes=[${volume.name}]: ${title}`,
      { cause: error },
    );
  });
  try {
    return await mountPersistent(pod, volume, persistent, readOnly, context);
  } catch (error) {
    throw error instanceof VolumeError ? setUpError(persistent.metadata.name, error.message) : error;
  }
}

/** The PersistentVolume behind a claim; faults as the kubelet words them (volumemanager, populator). */
async function boundTo(pod: core.Pod, volume: core.Volume, name: string, { sources }: VolumeContext): Promise<core.PersistentVolume> {
  const namespace = pod.metadata.namespace ?? '';
  const claim = await sources.claim(namespace, name);
  if (!claim) throw new VolumeError(`failed to fetch PVC from API server: persistentvolumeclaims ${JSON.stringify(name)} not found`);
  const { uid } = pod.metadata;
  if (volume.ephemeral && !claim.metadata.ownerReferences?.some((it) => it.uid === uid && it.controller))
    throw new VolumeError(`PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`);
  if (claim.status?.phase !== 'Bound' || !claim.spec.volumeName) throw new VolumeError('PVC is not bound');
  const { volumeName } = claim.spec;
  const found = await sources.volume(volumeName);
  if (!found)
    throw new VolumeError(`failed to fetch PV ${volumeName} from API server: persistentvolumes ${JSON.stringify(volumeName)} not found`);
  const { claimRef } = found.spec;
  if (!claimRef)
    throw new VolumeError(`found PV object ${volumeName} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`);
  if (claimRef.uid !== claim.metadata.uid)
    throw new VolumeError(
      `found PV object ${volumeName} but its pv.Spec.ClaimRef.UID ${claimRef.uid ?? ''} does not point to claim.UID ${claim.metadata.uid}`,
    );
  if (claim.spec.volumeMode === 'Block') throw new VolumeError('volumes of mode Block are not supported');
  return found;
}

async function mountPersistent(
  pod: core.Pod,
  volume: core.Volume,
  { metadata, spec }: core.PersistentVolume,
  readOnly: boolean,
  context: VolumeContext,
): Promise<PreparedVolume> {
  const { csi, hostPath, local, nfs, mountOptions = [] } = spec;
  if (nfs) return mountNfs(context.dirOf(pod, volume), { ...nfs, readOnly: readOnly || nfs.readOnly === true }, mountOptions, context);
  if (hostPath) return directory(await checkedPath(hostPath.path, hostPath.type ?? ''), readOnly);
  if (local) {
    if (!(await exists(local.path))) throw new VolumeError(`path ${JSON.stringify(local.path)} does not exist`);
    if (!readOnly) await shareWithGroup(local.path, pod);
    return directory(local.path, readOnly);
  }
  if (csi?.driver !== ourDriver) {
    if (csi)
      throw new VolumeError(
        `kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name ${csi.driver} not found in the list of registered CSI drivers`,
      );
    const type = Object.keys(spec).find((it) => it !== 'claimRef' && it !== 'nodeAffinity' && isSource(spec[it as keyof typeof spec]));
    throw new VolumeError(`persistent volumes of type ${type ?? 'none'} are not supported`);
  }
  const isReadOnly = readOnly || csi.readOnly === true;
  const { hostPath: dir } = await context.resources.ensureVolume(csi.volumeHandle, {
    'dev.peapod.cluster': csi.volumeAttributes?.cluster ?? '',
    'dev.peapod.volume': metadata.name,
  });
  // Out of our reach on another host, and to others than root: then it stays as the engine makes it.
  const reachable = context.sharesHost && (await exists(dir));
  if (reachable && !isReadOnly) {
    await openWhenNew(dir);
    await shareWithGroup(dir, pod);
  }
  return engineVolume(csi.volumeHandle, { ...(reachable && { dir }), readOnly: isReadOnly });
}

const isSource = (it: unknown): boolean => typeof it === 'object' && it !== null && !Array.isArray(it) && !('storage' in it);

/** A new volume is as open as those of upstream's simple provisioners: not every process is root. */
async function openWhenNew(dir: string): Promise<void> {
  const { mode, uid } = await stat(dir);
  if (uid === 0 && (mode & 0o7777) === 0o755 && (await readdir(dir)).length === 0) await chmod(dir, 0o777);
}

async function shareWithGroup(dir: string, pod: core.Pod): Promise<void> {
  const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext ?? {};
  if (fsGroup === undefined) return;
  if (fsGroupChangePolicy === 'OnRootMismatch' && (await isGroups(dir, fsGroup))) return;
  await giveToGroup(dir, fsGroup);
}
