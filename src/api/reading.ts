import { type AnyKind, kindByName } from '../kinds/index.ts';
import { readObject } from '../meta/schema/read-object.ts';
import { badRequest } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an untrusted body says it is must be what the path asks for; a body that says nothing is taken to be it. */
function checkType(kind: AnyKind, value: Record<string, unknown>): void {
  const { apiVersion, kind: name } = value;
  if ((name !== undefined && name !== kind.kind) || (apiVersion !== undefined && apiVersion !== kind.apiVersion)) {
    throw badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${kind.apiVersion}), or kind ${String(name)} is not ${kind.kind}`,
    );
  }
}

/** An untrusted value as an object of the kind, with the names of its unknown fields. */
export function readStrictly(kind: AnyKind, value: unknown): { object: KubeObject; unknown: string[] } {
  if (!isRecord(value))
    throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error`);
  checkType(kind, value);
  const { object, unknown } = readObject<KubeObject>(kind, value);
  object.metadata ??= {} as KubeObject['metadata'];
  return { object, unknown };
}

export const read = (kind: AnyKind, value: unknown): KubeObject => readStrictly(kind, value).object;

const metaMessages: Readonly<Record<string, string>> = {
  DeleteOptions: 'meta/v1.DeleteOptions',
  Scale: 'autoscaling/v1.Scale',
  Binding: 'core/v1.Binding',
  Eviction: 'policy/v1.Eviction',
};

/** The message behind the kind that a protobuf body names. */
export const messageFor = (apiVersion: string, kind: string): string | undefined =>
  kindByName(apiVersion, kind)?.message ?? metaMessages[kind];
