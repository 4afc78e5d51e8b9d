import { type AnyKind, kindByName } from '../kinds/index.ts';
import { readObject } from '../meta/schema/read-object.ts';
import { badRequest } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an untrusted body says it is must be what the path asks for; a body that says nothing is taken to be it. */
function checkType(kind: AnyKind, value: Record<string, unknown>): void {
  const apiVersion = value.apiVersion || kind.apiVersion;
  const name = value.kind || kind.kind;
  if (typeof apiVersion !== 'string' || typeof name !== 'string') {
    const field = typeof name === 'string' ? 'apiVersion' : 'kind';
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${typeof value[field]} into Go struct field .${field} of type string`,
    );
  }
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const mismatch = (why: string): Error =>
    badRequest(`${name} in version ${JSON.stringify(version)} cannot be handled as a ${kind.kind}: ${why}`);
  if (name === kind.kind && apiVersion === kind.apiVersion) return;
  if (!kindByName(apiVersion, name))
    throw mismatch(`no kind ${JSON.stringify(name)} is registered for version ${JSON.stringify(apiVersion)}`);
  if (name !== kind.kind) throw mismatch(`converting (${version}.${name}) to (${kind.version}.${kind.kind}): unknown conversion`);
  throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${kind.apiVersion})`);
}

/** An untrusted value as an object of the kind, with the names of its unknown fields. It shares nothing with the value. */
export function readStrictly(kind: AnyKind, value: unknown): { object: KubeObject; unknown: string[] } {
  if (!isRecord(value)) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type struct`,
    );
  }
  checkType(kind, value);
  const { object, unknown } = readObject<KubeObject>(kind, value);
  object.metadata ??= {} as KubeObject['metadata'];
  return { object, unknown };
}

export const read = (kind: AnyKind, value: unknown): KubeObject => readStrictly(kind, value).object;

/** Messages that come as bodies and are never stored, as readObject wants them. */
export const messages = {
  deleteOptions: { kind: 'DeleteOptions', apiVersion: 'v1', version: 'v1', message: 'meta/v1.DeleteOptions' },
  scale: { kind: 'Scale', apiVersion: 'autoscaling/v1', version: 'v1', message: 'autoscaling/v1.Scale' },
  binding: { kind: 'Binding', apiVersion: 'v1', version: 'v1', message: 'core/v1.Binding' },
  tokenRequest: { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', version: 'v1', message: 'authentication/v1.TokenRequest' },
  eviction: { kind: 'Eviction', apiVersion: 'policy/v1', version: 'v1', message: 'policy/v1.Eviction' },
} as const;

/** An untrusted value as one of these; a value that is missing is an empty one. */
export function readMessage<T>(message: (typeof messages)[keyof typeof messages], value: unknown): T {
  const given = value ?? {};
  if (isRecord(given) && given.kind !== undefined && given.kind !== message.kind) {
    throw badRequest(`${String(given.kind)} in the body cannot be handled as a ${message.kind}`);
  }
  return readObject<T>(message, given).object;
}

/** The message behind the kind that a protobuf body names. */
export const messageFor = (apiVersion: string, kind: string): string | undefined =>
  kindByName(apiVersion, kind)?.message ?? Object.values(messages).find((it) => it.kind === kind)?.message;
