import { type AnyKind, type authentication, type core, node, type policy } from '../kinds/index.ts';
import { toTime } from '../lib/clock.ts';
import { withCondition } from '../meta/condition.ts';
import { deepCopy } from '../meta/copy.ts';
import { notSupported, required, toCause } from '../meta/field-error.ts';
import { badRequest, conflict, invalid, StatusError } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import { decode, storeKey } from './codec.ts';
import type { ApiContext, WriteOptions } from './context.ts';
import { evict } from './eviction.ts';
import { messages, read, readMessage } from './reading.ts';
import { requestToken } from './token-request.ts';
import { updateObject } from './verbs/write.ts';

type Key = { namespace?: string | undefined; name: string };
const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } as unknown as KubeObject;

/** Subresources that are acts: POST to binding, eviction and token, PUT or POST to finalize. */
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
      return bind(api, kind, key, readMessage<core.Binding>(messages.binding, body), options);
    case 'pods/eviction':
      await evict(api, kind, key, readMessage<policy.Eviction>(messages.eviction, body), options);
      return success;
    case 'serviceaccounts/token':
      return requestToken(api, key, readMessage<authentication.TokenRequest>(messages.tokenRequest, body));
    case 'namespaces/finalize': {
      const asked = read(kind, body) as core.Namespace;
      const change = (was: KubeObject): KubeObject => {
        const { uid } = asked.metadata;
        // Another namespace of that name has not been emptied.
        if (uid && uid !== was.metadata.uid)
          throw conflict(kind, key.name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${was.metadata.uid}`);
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

const refuseOtherName = (name: string | undefined, onUrl: string): void => {
  if (name && name !== onUrl) throw badRequest(`the name of the object (${name}) does not match the name on the URL (${onUrl})`);
};

/** The labels that say where a node stands; a pod bears them from when it is bound (KEP-4742). */
const places = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'] as const;

async function placeOf(api: ApiContext, name: string): Promise<{ [label: string]: string }> {
  const entry = await api.store.get(storeKey(node, undefined, name));
  const labels = entry && decode(entry).metadata.labels;
  return Object.fromEntries(places.flatMap((it) => (labels?.[it] === undefined ? [] : [[it, labels[it]]])));
}

async function bind(api: ApiContext, kind: AnyKind, key: Key, binding: core.Binding, options: WriteOptions): Promise<KubeObject> {
  refuseOtherName(binding.metadata?.name, key.name);
  const { kind: what, name: target } = binding.target ?? {};
  const faults = [
    ...(what && what !== 'Node' ? [notSupported('target.kind', what, ['Node', '<empty>'])] : []),
    ...(target ? [] : [required('target.name')]),
  ];
  if (faults.length > 0) throw invalid({ group: '', kind: 'Binding' }, key.name, faults.map(toCause));
  const { uid, resourceVersion, annotations } = binding.metadata ?? {};
  const labels = { ...binding.metadata?.labels, ...(await placeOf(api, target as string)) };
  const bound = (was: KubeObject): KubeObject => {
    const pod = deepCopy(was) as core.Pod;
    const { metadata, spec } = pod;
    const refuse = (why: string): StatusError => conflict(kind, key.name, why);
    if (uid && uid !== metadata.uid) throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`);
    if (metadata.deletionTimestamp) throw refuse(`pod ${key.name} is being deleted, cannot be assigned to a host`);
    if (spec.nodeName) throw refuse(`pod ${key.name} is already assigned to node "${spec.nodeName}"`);
    if (spec.schedulingGates?.length) throw refuse(`pod ${key.name} has non-empty .spec.schedulingGates`);
    spec.nodeName = target as string;
    // Without one, whatever is newest is bound.
    metadata.resourceVersion = resourceVersion ?? '';
    if (annotations) metadata.annotations = { ...metadata.annotations, ...annotations };
    if (Object.keys(labels).length > 0) metadata.labels = { ...metadata.labels, ...labels };
    const condition = {
      type: 'PodScheduled',
      status: 'True',
      ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    };
    // Where it was to go is known now.
    const { nominatedNodeName: _, ...status } = pod.status ?? {};
    pod.status = { ...status, conditions: withCondition(status.conditions, condition, toTime(api.clock.now())) };
    return pod;
  };
  await updateObject(api, kind, key.namespace, key.name, bound, { ...options, subresource: 'binding' });
  return success;
}
