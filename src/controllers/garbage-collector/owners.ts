import { kindByName } from '../../kinds/index.ts';
import type { KubeObject, OwnerReference } from '../../meta/types.ts';
import type { ControllerContext } from '../run.ts';
import type { OwnerState } from './decide.ts';
import { type Graph, isDeletingDependents } from './graph.ts';

/** What became of an owner. The cache is believed when it has it; that it has gone is asked of the API. */
export async function stateOfOwner(
  owner: OwnerReference,
  dependent: KubeObject,
  graph: Graph,
  { client, informers, recorder }: ControllerContext,
): Promise<OwnerState> {
  const kind = kindByName(owner.apiVersion, owner.kind);
  if (!kind) return 'unknown';
  const { namespace } = dependent.metadata;
  // Nothing in a namespace can own what is outside of all.
  if (kind.namespaced && !namespace) return 'unknown';
  const key = kind.namespaced ? `${namespace}/${owner.name}` : owner.name;
  let found: KubeObject | undefined = informers.of(kind).get(key);
  if (found?.metadata.uid !== owner.uid) {
    found = await client.get<KubeObject>(kind, { name: owner.name, ...(kind.namespaced && namespace && { namespace }) });
  }
  if (found?.metadata.uid === owner.uid) return isDeletingDependents(found) ? 'waiting' : 'there';
  if (graph.place(owner.uid)) {
    // It is there, but in another namespace: that counts as gone, and is told.
    const where = `[${owner.apiVersion}/${owner.kind}, namespace: ${namespace ?? ''}, name: ${owner.name}, uid: ${owner.uid}]`;
    recorder.record(
      dependent,
      'Warning',
      'OwnerRefInvalidNamespace',
      `ownerRef ${where} does not exist in namespace ${JSON.stringify(namespace ?? '')}`,
    );
  }
  return 'gone';
}
