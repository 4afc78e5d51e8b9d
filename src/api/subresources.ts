import type { AnyKind, core } from '../kinds/index.ts';
import { deepCopy } from '../meta/copy.ts';
import { badRequest, conflict, StatusError } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import type { ApiContext, WriteOptions } from './context.ts';
import { read } from './reading.ts';
import { deleteObject } from './verbs/delete.ts';
import { updateObject } from './verbs/write.ts';

type Key = { namespace?: string | undefined; name: string };
const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } as unknown as KubeObject;

/** Subresources that are acts: POST to binding and eviction, PUT or POST to finalize. */
export async function post(
  api: ApiContext,
  kind: AnyKind,
  key: Key,
  subresource: string,
  body: unknown,
  options: WriteOptions,
): Promise<KubeObject> {
  switch (`${kind.resource}/${subresource}`) {
    case 'pods/binding':
      return bind(api, kind, key, body as Partial<core.Binding>, options);
    case 'pods/eviction': {
      const { deleteOptions } = (body ?? {}) as {
        deleteOptions?: { gracePeriodSeconds?: number; preconditions?: { uid?: string }; dryRun?: string[] };
      };
      await deleteObject(api, kind, key.namespace, key.name, {
        ...deleteOptions,
        dryRun: options.dryRun === true || (deleteOptions?.dryRun?.length ?? 0) > 0,
      });
      return success;
    }
    case 'namespaces/finalize': {
      const asked = read(kind, body) as core.Namespace;
      const change = (was: KubeObject): KubeObject => {
        const draft = deepCopy(was) as core.Namespace;
        draft.spec.finalizers = asked.spec?.finalizers ?? [];
        return draft;
      };
      return (await updateObject(api, kind, undefined, key.name, change, { ...options, subresource: 'finalize' })).object;
    }
    default:
      throw new StatusError('NotFound', 'the server could not find the requested resource', { details: {} });
  }
}

async function bind(api: ApiContext, kind: AnyKind, key: Key, binding: Partial<core.Binding>, options: WriteOptions): Promise<KubeObject> {
  const node = binding?.target?.name;
  if (!node) throw badRequest('Binding "" is invalid: target.name: Required value');
  const bound = (was: KubeObject): KubeObject => {
    const pod = deepCopy(was) as core.Pod;
    if (pod.metadata.deletionTimestamp) throw conflict(kind, key.name, `pod ${key.name} is being deleted, cannot be assigned to a host`);
    if (pod.spec.nodeName) throw conflict(kind, key.name, `pod ${key.name} is already assigned to node "${pod.spec.nodeName}"`);
    pod.spec.nodeName = node;
    return pod;
  };
  await updateObject(api, { ...kind, validate: () => [] } as AnyKind, key.namespace, key.name, bound, options);
  const scheduled = (was: KubeObject): KubeObject => {
    const pod = deepCopy(was) as core.Pod;
    const conditions = (pod.status?.conditions ?? []).filter((it) => it.type !== 'PodScheduled');
    const at = new Date(api.clock.now()).toISOString().slice(0, 19);
    pod.status = { ...pod.status, conditions: [...conditions, { type: 'PodScheduled', status: 'True', lastTransitionTime: `${at}Z` }] };
    return pod;
  };
  if (!options.dryRun) await updateObject(api, kind, key.namespace, key.name, scheduled, { subresource: 'status' });
  return success;
}
