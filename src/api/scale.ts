import type { AnyKind } from '../kinds/index.ts';
import { deepCopy } from '../meta/copy.ts';
import { invalidValue, toCause } from '../meta/field-error.ts';
import { badRequest, invalid } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import { messages, readMessage } from './reading.ts';

type ScaleObject = KubeObject & { spec: { replicas?: number }; status: { replicas: number; selector?: string } };

/** The autoscaling/v1 Scale of an object. */
export function scaleOf(kind: AnyKind, object: KubeObject): ScaleObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = kind.scale?.selector(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: kind.scale?.replicas(object) ?? 0 },
    status: { replicas: kind.scale?.statusReplicas(object) ?? 0, ...(selector && { selector }) },
  };
}

/** The object with the replicas of an untrusted Scale. */
export function scaled(kind: AnyKind, object: KubeObject, asked: unknown): KubeObject {
  const { spec, metadata } = readMessage<Partial<ScaleObject>>(messages.scale, asked);
  const { name } = object.metadata;
  if (metadata?.name && metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  const replicas = spec?.replicas ?? 0;
  if (replicas < 0)
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
      toCause(invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')),
    ]);
  const draft = deepCopy(object);
  kind.scale?.setReplicas(draft, replicas);
  // A Scale that names no revision is meant for whatever is newest.
  Object.assign(draft.metadata, { resourceVersion: metadata?.resourceVersion || undefined });
  return draft;
}
