import type { core } from '../../kinds/index.ts';
import { configMapFiles } from './config-map.ts';
import { downwardFiles } from './downward-api.ts';
import { defaultMode } from './keys.ts';
import { secretFiles } from './secret.ts';
import { type Files, type VolumeContext, VolumeError, type VolumeType } from './volume-type.ts';

/** Several sources in one directory; of two files with one path the later source wins. All faults are told together. */
export const projectedVolume: VolumeType = {
  field: 'projected',
  async files(pod, { projected = {} }, context) {
    const mode = projected.defaultMode ?? defaultMode;
    const all: Files = new Map();
    const faults: string[] = [];
    for (const source of projected.sources ?? []) {
      try {
        for (const [path, file] of await filesFrom(source, pod, mode, context)) all.set(path, file);
      } catch (error) {
        if (!(error instanceof VolumeError)) throw error;
        faults.push(error.message);
      }
    }
    if (faults.length > 0) throw new VolumeError(faults.length === 1 ? (faults[0] as string) : `[${faults.join(', ')}]`);
    return all;
  },
};

async function filesFrom(source: core.VolumeProjection, pod: core.Pod, mode: number, context: VolumeContext): Promise<Files> {
  const namespace = pod.metadata.namespace ?? '';
  const { sources, allocatable } = context;
  if (source.configMap) return configMapFiles(sources, namespace, source.configMap, mode);
  if (source.secret) return secretFiles(sources, namespace, source.secret, mode);
  if (source.downwardAPI) return downwardFiles(pod, source.downwardAPI.items, mode, allocatable);
  if (source.serviceAccountToken) return tokenFile(source.serviceAccountToken, pod, mode, context);
  throw new VolumeError(`projected source ${Object.keys(source).join(', ')} is not supported`);
}

async function tokenFile(
  { audience = '', expirationSeconds = 3600, path }: core.ServiceAccountTokenProjection,
  pod: core.Pod,
  mode: number,
  { token }: VolumeContext,
): Promise<Files> {
  const text = await token(pod, { audience, expirationSeconds }).catch((error: unknown) => {
    throw new VolumeError(`failed to fetch token: ${error instanceof Error ? error.message : error}`, { cause: error });
  });
  // Whoever it is for reads it, nobody else: the group gets its share with the whole volume.
  const user = oneUser(pod);
  const isPrivate = user !== undefined || pod.spec.securityContext?.fsGroup !== undefined;
  return new Map([[path, { data: Buffer.from(text), mode: isPrivate ? 0o600 : mode, ...(user !== undefined && { user }) }]]);
}

/** The user that all containers run as, when they say so and agree. */
function oneUser({ spec }: core.Pod): number | undefined {
  const users = [...(spec.initContainers ?? []), ...spec.containers].map(
    (it) => it.securityContext?.runAsUser ?? spec.securityContext?.runAsUser,
  );
  return users.every((it) => it === users[0]) ? users[0] : undefined;
}
