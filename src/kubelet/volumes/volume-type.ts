import type { core } from '../../kinds/index.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { Resources } from '../../runtime/index.ts';
import type { PreparedVolume } from '../mounts.ts';

/** Files by their path in a volume; `mode` as in chmod. */
export type Payload = ReadonlyMap<string, PayloadFile>;
export type Files = Map<string, PayloadFile>;
/** `user` owns the file where it is not root's. */
export type PayloadFile = { data: Buffer; mode: number; user?: number };

/** Reads of the API. Undefined: there is no such object. */
export type Sources = {
  configMap(namespace: string, name: string): Promise<core.ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<core.Secret | undefined>;
  claim(namespace: string, name: string): Promise<core.PersistentVolumeClaim | undefined>;
  volume(name: string): Promise<core.PersistentVolume | undefined>;
};

/** A token that says its bearer is the pod's service account. */
export type TokenSource = (pod: core.Pod, want: { audience: string; expirationSeconds: number }) => Promise<string>;

/** The content of the image that a pod's volume names. */
export type ImageLayers = (
  pod: core.Pod,
  volume: string,
  image: { reference: string; pullPolicy?: 'Always' | 'Never' | 'IfNotPresent' },
) => Promise<readonly string[] | undefined>;

/** What volumes are made with and from. */
export type VolumeContext = {
  sources: Sources;
  resources: Resources;
  clock: Clock;
  random: Random;
  /** What downward API files say of limits that are not set. */
  allocatable: { [name: string]: string };
  token: TokenSource;
  /**
   * Directories that hold an image's content, the topmost first, once it is here; undefined when the engine does not keep
   * it like that on this host. Fails as pulling fails.
   */
  imageLayers: ImageLayers;
  /** The volume's own directory on the host; it need not exist. */
  dirOf(pod: core.Pod, volume: core.Volume): string;
  /** Labels of engine volumes that live as long as the pod. */
  podLabels(pod: core.Pod): { [name: string]: string };
  /** The engine's own files are on this host. */
  sharesHost: boolean;
  /** We may mount file systems, and the engine sees them. */
  canMount: boolean;
};

/** A kind of volume: files that are projected into a directory, or something that is mounted as it is. */
export type VolumeType = { field: Exclude<keyof core.Volume, 'name'> } & (
  | { files(pod: core.Pod, volume: core.Volume, context: VolumeContext): Promise<Payload> }
  | { mount(pod: core.Pod, volume: core.Volume, context: VolumeContext): Promise<PreparedVolume> }
);

/** A volume could not be made ready; `reason` is the event's. */
export class VolumeError extends Error {
  readonly reason = 'FailedMount';
}

/** What upstream's mounter says in front of the fault. `name` is the pod's for inline volumes, the PersistentVolume's otherwise. */
export const setUpError = (name: string, fault: string): VolumeError =>
  new VolumeError(`MountVolume.SetUp failed for volume ${JSON.stringify(name)} : ${fault}`);
