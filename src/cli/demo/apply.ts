import type { Client } from '../../client/index.ts';
import { type AnyKind, kindByName } from '../../kinds/index.ts';
import { deepCopy } from '../../meta/copy.ts';
import type { Draft, KubeObject } from '../../meta/types.ts';
import { CommandError } from '../command.ts';

export type Manifest = { apiVersion: string; kind: string; metadata: Partial<KubeObject['metadata']>; [field: string]: unknown };
export type Applied = { kind: AnyKind; namespace: string | undefined; name: string; outcome: 'created' | 'configured' | 'unchanged' };

/** By it kubectl knows on the next apply what to take away. With it, ours and kubectl's apply can take turns. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Creates the object, or patches the one there is into that shape. One that has it already is not written. */
export async function applyObject(client: Client, manifest: Manifest): Promise<Applied> {
  const kind = kindByName(manifest.apiVersion, manifest.kind);
  const { name } = manifest.metadata;
  if (!kind) throw new CommandError(`no matches for kind "${manifest.kind}" in version "${manifest.apiVersion}"`);
  if (!name) throw new CommandError(`${manifest.kind} without a name`);
  const namespace = kind.namespaced ? (manifest.metadata.namespace ?? 'default') : undefined;
  const object = annotated(manifest, namespace);
  const key = { name, ...(namespace !== undefined && { namespace }) };
  const was = await client.get<KubeObject>(kind, key);
  if (!was) {
    await client.create(kind, object as Draft<KubeObject>, { fieldManager: 'peapod-demo', fieldValidation: 'Strict' });
    return { kind, namespace, name, outcome: 'created' };
  }
  const patched = await client.patch<KubeObject>(kind, key, { type: 'strategic', body: object }, { fieldManager: 'peapod-demo' });
  const outcome = patched.metadata.resourceVersion === was.metadata.resourceVersion ? 'unchanged' : 'configured';
  return { kind, namespace, name, outcome };
}

function annotated(manifest: Manifest, namespace: string | undefined): Manifest {
  const object = deepCopy(manifest);
  object.metadata = { ...object.metadata, ...(namespace !== undefined && { namespace }) };
  const annotations = object.metadata.annotations ?? {};
  const configuration = { ...object, metadata: { ...object.metadata, annotations } };
  object.metadata.annotations = { ...annotations, [lastApplied]: `${goJson(configuration)}\n` };
  return object;
}

/** As Go's encoder writes a map: keys in order, and what HTML would take for its own escaped. */
const goJson = (value: unknown): string =>
  JSON.stringify(sorted(value)).replace(/[<>&\u2028\u2029]/g, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
