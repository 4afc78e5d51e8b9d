import type { core } from '../../kinds/index.ts';
import { podField, resourceField } from '../env/downward.ts';
import type { Payload } from './atomic-writer.ts';

/** Where files come from. Undefined: there is no such object. */
export type Sources = {
  configMap(namespace: string, name: string): Promise<core.ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<core.Secret | undefined>;
};

/** A volume could not be made ready; `reason` is the event's. */
export class VolumeError extends Error {
  readonly reason = 'FailedMount';
}

type Files = Map<string, { data: Buffer; mode: number }>;
type Item = { key: string; path: string; mode?: number };
type Selection = { items?: Item[]; optional?: boolean };

function select(all: ReadonlyMap<string, Buffer>, selection: Selection, mode: number, what: string): Files {
  const files: Files = new Map();
  if (!selection.items?.length) {
    for (const [key, data] of all) files.set(key, { data, mode });
    return files;
  }
  for (const item of selection.items) {
    const data = all.get(item.key);
    if (data) files.set(item.path, { data, mode: item.mode ?? mode });
    else if (!selection.optional) throw new VolumeError(`references non-existent ${what} key: ${item.key}`);
  }
  return files;
}

async function configMapFiles(sources: Sources, namespace: string, source: Selection & { name?: string }, mode: number): Promise<Files> {
  const object = await sources.configMap(namespace, source.name ?? '');
  if (!object && !source.optional) throw new VolumeError(`configmap ${JSON.stringify(source.name)} not found`);
  const all = new Map<string, Buffer>();
  for (const [key, text] of Object.entries(object?.data ?? {})) all.set(key, Buffer.from(text));
  for (const [key, base64] of Object.entries(object?.binaryData ?? {})) all.set(key, Buffer.from(base64, 'base64'));
  return select(all, source, mode, 'config');
}

async function secretFiles(sources: Sources, namespace: string, source: Selection & { name?: string }, mode: number): Promise<Files> {
  const object = await sources.secret(namespace, source.name ?? '');
  if (!object && !source.optional) throw new VolumeError(`secret ${JSON.stringify(source.name)} not found`);
  const all = new Map(Object.entries(object?.data ?? {}).map(([key, base64]) => [key, Buffer.from(base64, 'base64')]));
  return select(all, source, mode, 'secret');
}

function downwardFiles(
  pod: core.Pod,
  items: core.DownwardAPIVolumeFile[] | undefined,
  mode: number,
  allocatable: { [name: string]: string },
): Files {
  const files: Files = new Map();
  const addresses = { podIp: pod.status?.podIP ?? '', hostIp: pod.status?.hostIP ?? '' };
  for (const item of items ?? []) {
    const ref = item.resourceFieldRef;
    const container = ref && [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((it) => it.name === ref.containerName);
    const text = item.fieldRef
      ? podField(pod, item.fieldRef.fieldPath, addresses)
      : container && ref
        ? resourceField(container, ref, allocatable)
        : undefined;
    if (text === undefined) throw new VolumeError(`unsupported downward API item at ${JSON.stringify(item.path)}`);
    files.set(item.path, { data: Buffer.from(text), mode: item.mode ?? mode });
  }
  return files;
}

/** The files a volume of kind configMap, secret, downwardAPI or projected shows; undefined for all other kinds. */
export async function payloadOf(
  pod: core.Pod,
  volume: core.Volume,
  sources: Sources,
  allocatable: { [name: string]: string },
): Promise<Payload | undefined> {
  const namespace = pod.metadata.namespace ?? '';
  if (volume.configMap) return configMapFiles(sources, namespace, volume.configMap, volume.configMap.defaultMode ?? 0o644);
  if (volume.secret) {
    const { secretName, ...rest } = volume.secret;
    return secretFiles(sources, namespace, { ...rest, ...(secretName !== undefined && { name: secretName }) }, rest.defaultMode ?? 0o644);
  }
  if (volume.downwardAPI) return downwardFiles(pod, volume.downwardAPI.items, volume.downwardAPI.defaultMode ?? 0o644, allocatable);
  if (!volume.projected) return undefined;
  const mode = volume.projected.defaultMode ?? 0o644;
  const files: Files = new Map();
  for (const source of volume.projected.sources ?? []) {
    let part: Files = new Map();
    if (source.configMap) part = await configMapFiles(sources, namespace, source.configMap, mode);
    else if (source.secret) part = await secretFiles(sources, namespace, source.secret, mode);
    else if (source.downwardAPI) part = downwardFiles(pod, source.downwardAPI.items, mode, allocatable);
    else throw new VolumeError(`projected source ${Object.keys(source).join(', ')} is not supported yet`);
    for (const [path, file] of part) files.set(path, file);
  }
  return files;
}
