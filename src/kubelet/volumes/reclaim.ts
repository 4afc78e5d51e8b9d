import type { Client, Informers } from '../../client/index.ts';
import { type core, persistentVolume } from '../../kinds/index.ts';
import type { Clock } from '../../lib/clock.ts';
import { seconds } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Resources } from '../../runtime/index.ts';

/** Held by volumes that have data on a node's engine, until it is removed there. */
const finalizer = 'volume.peapod.dev/docker-volume';
const protection = 'kubernetes.io/pv-protection';

type Deps = { resources: Resources; client: Client; informers: Informers; nodeName: string; clock: Clock; log: Log; signal: AbortSignal };

/** Removes the Docker volume of each of our PersistentVolumes on this node that is being deleted, then lets the object go. */
export function startVolumeReclaim({ resources, client, informers, nodeName, clock, log, signal }: Deps): void {
  const reclaim = async (volume: core.PersistentVolume): Promise<void> => {
    const { csi } = volume.spec;
    const hostname = volume.spec.nodeAffinity?.required?.nodeSelectorTerms?.[0]?.matchExpressions?.[0]?.values?.[0];
    if (
      !volume.metadata.deletionTimestamp ||
      !volume.metadata.finalizers?.includes(finalizer) ||
      // Still bound: the data stays until the claim has let it go.
      volume.metadata.finalizers.includes(protection) ||
      csi?.driver !== 'volume.peapod.dev' ||
      hostname !== nodeName
    )
      return;
    try {
      await resources.removeVolume(csi.volumeHandle);
      await client.change(persistentVolume, volume, (draft) => {
        draft.metadata.finalizers = draft.metadata.finalizers?.filter((it) => it !== finalizer) ?? [];
      });
    } catch (error) {
      // Still in use by a container that is going: tried again.
      log.debug('a volume cannot be removed yet', { volume: csi.volumeHandle, error: String(error) });
      const cancel = clock.schedule(seconds(1), () => {
        const now = informers.of(persistentVolume).get(volume.metadata.name);
        if (now && !signal.aborted) void reclaim(now);
      });
      signal.addEventListener('abort', cancel, { once: true });
    }
  };
  const stop = informers.of(persistentVolume).onChange(({ type, object }) => {
    if (type !== 'deleted') void reclaim(object);
  });
  signal.addEventListener('abort', stop, { once: true });
}
