import { defaultMode, filesOf, type Selection } from './keys.ts';
import { type Files, type Sources, VolumeError, type VolumeType } from './volume-type.ts';

export async function secretFiles(
  sources: Sources,
  namespace: string,
  source: Selection & { name?: string },
  mode: number,
): Promise<Files> {
  const object = await sources.secret(namespace, source.name ?? '');
  if (!object && !source.optional) throw new VolumeError(`secret ${JSON.stringify(source.name ?? '')} not found`);
  const all = new Map(Object.entries(object?.data ?? {}).map(([key, base64]) => [key, Buffer.from(base64, 'base64')]));
  return filesOf(all, source, mode, 'secret');
}

export const secretVolume: VolumeType = {
  field: 'secret',
  async files(pod, { secret = {} }, { sources }) {
    const { secretName, ...selection } = secret;
    const source = { ...selection, ...(secretName !== undefined && { name: secretName }) };
    return secretFiles(sources, pod.metadata.namespace ?? '', source, secret.defaultMode ?? defaultMode);
  },
};
