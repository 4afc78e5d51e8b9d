import { createHash } from 'node:crypto';
import { type core, pod as podKind } from '../../kinds/index.ts';
import { toTime } from '../../lib/clock.ts';
import { readObject } from '../../meta/schema/read-object.ts';
import { readYamlDocuments } from '../../meta/read/yaml.ts';
import { referencesOf } from '../references.ts';
import { marks } from './marks.ts';

/** A file that holds no pod that can be run; the message says why. */
export class ManifestError extends Error {}

/**
 * The pod that a file describes, as the node runs it: named after the node, with a uid that changes with the file's
 * content (kubelet, config/common.go). Fails with ManifestError.
 */
export function staticPod(text: string, { file, nodeName, at }: { file: string; nodeName: string; at: number }): core.Pod {
  const pod = read(text);
  const uid = createHash('md5')
    .update(JSON.stringify([nodeName, file, pod]))
    .digest('hex');
  const { metadata, spec } = pod;
  if (!metadata.name) throw new ManifestError('metadata.name: Required value');
  pod.metadata = {
    ...metadata,
    ...{ name: `${metadata.name}-${nodeName.toLowerCase()}`, namespace: metadata.namespace || 'default', uid },
    creationTimestamp: toTime(at),
    annotations: { ...metadata.annotations, [marks.source]: 'file', [marks.seen]: new Date(at).toISOString(), [marks.hash]: uid },
  };
  spec.nodeName = nodeName;
  // It stays, whatever becomes of the node.
  spec.tolerations = [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }];
  podKind.defaults?.(pod);
  const faults = podKind.validate?.(pod) ?? [];
  if (faults.length > 0) throw new ManifestError(faults.map((it) => `${it.path}: ${it.message}`).join(', '));
  const foreign = referenceOf(pod);
  if (foreign) throw new ManifestError(`static pods may not reference ${foreign}`);
  delete (pod as { status?: unknown }).status;
  return pod;
}

function read(text: string): core.Pod {
  let documents: unknown[];
  try {
    documents = readYamlDocuments(text);
  } catch (cause) {
    throw new ManifestError((cause as Error).message, { cause });
  }
  const [value, ...more] = documents.filter((it) => it !== null && it !== undefined);
  if (typeof value !== 'object' || value === null || more.length > 0) throw new ManifestError('a file describes one pod');
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  if (apiVersion !== 'v1' || kind !== 'Pod') throw new ManifestError(`${String(apiVersion)} ${String(kind)} is no v1 Pod`);
  try {
    const { object } = readObject<core.Pod>(podKind, value as Record<string, unknown>);
    return { ...object, metadata: { ...object.metadata }, spec: { ...object.spec } };
  } catch (cause) {
    throw new ManifestError((cause as Error).message, { cause });
  }
}

/** What of the API the pod would need: it runs without one. */
function referenceOf(pod: core.Pod): string | undefined {
  const { configMaps, secrets } = referencesOf(pod);
  const { serviceAccountName, volumes = [], resourceClaims } = pod.spec;
  if (serviceAccountName) return 'serviceaccounts';
  if (secrets.size > 0) return 'secrets';
  if (configMaps.size > 0) return 'configmaps';
  if (volumes.some((it) => it.persistentVolumeClaim || it.ephemeral)) return 'persistentvolumeclaims';
  if (volumes.some((it) => it.projected?.sources?.some((source) => source.serviceAccountToken))) return 'serviceaccounts';
  return resourceClaims?.length ? 'resourceclaims' : undefined;
}
