import { type AnyKind, type authentication, type core, node, pod, secret, serviceAccount } from '../kinds/index.ts';
import { toTime } from '../lib/clock.ts';
import { type FieldError, invalidValue, toCause } from '../meta/field-error.ts';
import { badRequest, invalid, isReason, StatusError } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import type { Binding } from './auth/tokens/claims.ts';
import { shown } from './codec.ts';
import type { ApiContext } from './context.ts';
import { getEntry } from './verbs/read.ts';

type TokenRequest = authentication.TokenRequest;
const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };
const [shortest, longest, usual] = [600, 2 ** 32, 3600];

/** Gives out a token of a service account: POST to its subresource `token`. */
export async function requestToken(
  api: ApiContext,
  { namespace = '', name }: { namespace?: string | undefined; name: string },
  asked: TokenRequest,
): Promise<KubeObject> {
  const { metadata = {}, spec = {} } = asked;
  const expirationSeconds = spec.expirationSeconds ?? usual;
  check(expirationSeconds, metadata, { namespace, name });
  const account = await find<core.ServiceAccount>(api, serviceAccount as AnyKind, namespace, name);
  const binding = spec.boundObjectRef ? await bindingOf(api, account, spec.boundObjectRef) : {};
  const audiences = spec.audiences?.length ? spec.audiences : [...api.tokens.audiences];
  const { token, expires } = api.tokens.issue(account, binding, { audiences, expirationSeconds });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: toTime(api.clock.now()) },
    spec: { audiences, expirationSeconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: { token, expirationTimestamp: expires },
  } as unknown as KubeObject;
}

function check(expirationSeconds: number, given: { name?: string; namespace?: string }, place: { namespace: string; name: string }): void {
  const faults: FieldError[] = [];
  if (given.name && given.name !== place.name)
    faults.push(invalidValue('metadata.name', given.name, 'must match the service account name if specified'));
  if (given.namespace && given.namespace !== place.namespace)
    faults.push(invalidValue('metadata.namespace', given.namespace, 'must match the service account namespace if specified'));
  const field = 'spec.expirationSeconds';
  if (expirationSeconds < shortest) faults.push(invalidValue(field, expirationSeconds, 'may not specify a duration less than 10 minutes'));
  if (expirationSeconds > longest)
    faults.push(invalidValue(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
  if (faults.length > 0) throw invalid(kind, place.name, faults.map(toCause));
}

const find = async <T extends KubeObject>(api: ApiContext, kind: AnyKind, namespace: string | undefined, name: string): Promise<T> =>
  shown(kind, await getEntry(api, kind, namespace, name)) as T;

/** What the token lives and dies with; checked to be what was meant (serviceaccount/storage, token.go). */
async function bindingOf(api: ApiContext, { metadata }: core.ServiceAccount, ref: authentication.BoundObjectReference): Promise<Binding> {
  const { apiVersion = '', kind: what = '', name = '', uid } = ref;
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const isCore = !apiVersion.includes('/');
  let found: KubeObject;
  let binding: Binding;
  if (isCore && what === 'Pod') {
    const it = await find<core.Pod>(api, pod as AnyKind, metadata.namespace, name);
    if (it.spec.serviceAccountName !== metadata.name)
      throw badRequest(
        `cannot bind token for serviceaccount ${JSON.stringify(metadata.name)} to pod running with different serviceaccount name.`,
      );
    [found, binding] = [it, { pod: it, ...(await nodeOf(api, it.spec.nodeName)) }];
  } else if (isCore && what === 'Secret') {
    const it = await find<core.Secret>(api, secret as AnyKind, metadata.namespace, name);
    [found, binding] = [it, { secret: it }];
  } else if (isCore && what === 'Node') {
    found = await find(api, node as AnyKind, undefined, name);
    binding = { node: { name, uid: found.metadata.uid } };
  } else {
    const group = isCore ? '' : apiVersion.slice(0, apiVersion.indexOf('/'));
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${what}`);
  }
  if (uid && uid !== found.metadata.uid) {
    throw new StatusError(
      'Conflict',
      `Operation cannot be fulfilled on ${what} ${JSON.stringify(name)}: the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      { details: { name, kind: what } },
    );
  }
  return binding;
}

/** The node a pod runs on; one that is not there any more is left out. */
async function nodeOf(api: ApiContext, name: string | undefined): Promise<Binding> {
  if (!name) return {};
  try {
    const { metadata } = await find(api, node as AnyKind, undefined, name);
    return { node: { name, uid: metadata.uid } };
  } catch (error) {
    if (isReason(error, 'NotFound')) return {};
    throw error;
  }
}
