import { defaultMode, filesOf, type Selection } from './keys.ts';
import { type Files, type Sources, VolumeError, type VolumeType } from './volume-type.ts';

export async function configMapFiles(
  sources: Sources,
  namespace: string,
  source: Selection & { name?: string },
  mode: number,
): Promise<Files> {
  const object = await sources.configMap(namespace, source.name ?? '');
  if (!object && !source.optional) throw new VolumeError(`configmap ${JSON.stringify(source.name ?? '')} not found`);
  const all = new Map<string, Buffer>();
  for (const [key, text] of Object.entries(object?.data ?? {})) all.set(key, Buffer.from(text));
  for (const [key, base64] of Object.entries(object?.binaryData ?? {})) all.set(key, Buffer.from(base64, 'base64'));
  return filesOf(all, source, mode, 'config');
}

export const configMapVolume: VolumeType = {
  field: 'configMap',
  files: async (pod, { configMap = {} }, { sources }) =>
    configMapFiles(sources, pod.metadata.namespace ?? '', configMap, configMap.defaultMode ?? defaultMode),
};
