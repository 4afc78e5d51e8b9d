import { type Body, readBody } from '../meta/read/body.ts';
import type { AnyKind } from '../kinds/index.ts';
import { faultsOf, pathByKeys } from '../meta/apply/faults.ts';
import { isRecord, type Json } from '../meta/apply/record.ts';
import { structureOf } from '../meta/apply/structure.ts';
import { badRequest, isReason, StatusError } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import { storeKey } from './codec.ts';
import type { ApiContext } from './context.ts';
import { appliedObject, type Configuration, type TrackOptions } from './ownership.ts';
import { messageFor, messages, read, readMessage, readStrictly } from './reading.ts';
import { createObject, updateObject, type Written } from './verbs/write.ts';

export type ApplyOptions = TrackOptions & { force?: boolean };
export type Place = { namespace: string | undefined; name: string };

/** Reads the body of an apply, which must say what it is. `faults` are keys that it gives twice. */
export function readConfiguration(kind: Named, bytes: Buffer, strict: boolean): { config: Json; faults: string[] } {
  const { value, faults } = readYaml(bytes, strict);
  return { config: checkedType(kind, value), faults };
}

/** JSON is YAML, and most programs send it: it is read as what it is, which is much quicker. */
function readYaml(bytes: Buffer, strict: boolean): Body {
  if (bytes[0] === '{'.charCodeAt(0)) {
    try {
      return readBody(bytes, 'application/json', strict, messageFor);
    } catch {
      // YAML begins like that too. If it is none either, that reader says why.
    }
  }
  return readBody(bytes, 'application/yaml', strict, messageFor);
}

type Named = { apiVersion: string; kind: string };

function checkedType(kind: Named, value: unknown): Json {
  if (!isRecord(value)) throw badRequest('error decoding YAML: the configuration must be an object');
  const { apiVersion = '', kind: name = '' } = value;
  if (apiVersion === kind.apiVersion && name === kind.kind) return value;
  const version = String(apiVersion);
  throw badRequest(
    `invalid object type: ${version.includes('/') || version === '' ? version || '/' : `/${version}`}, Kind=${String(name)}`,
  );
}

function configurationOf(kind: AnyKind, { namespace, name }: Place, raw: unknown, force: boolean): Configuration {
  const checked = checkedType(kind, raw);
  const { object: config, unknown } = readStrictly(kind, checked);
  const structure = structureOf(kind.message);
  const json = config as unknown as Json;
  const faults = [
    ...unknown.map((place) => `${pathByKeys(structure, json, place)}: field not declared in schema`),
    ...faultsOf(structure, json),
  ];
  if (faults.length > 0) {
    const what = `${namespace ? `${namespace}/` : ''}${name}; ${kind.apiVersion}, Kind=${kind.kind}`;
    throw badRequest(
      `failed to create typed patch object (${what}): ${faults.length === 1 ? faults[0] : `errors:\n${faults.map((it) => `  ${it}`).join('\n')}`}`,
    );
  }
  const given = config.metadata;
  if (given.name && given.name !== name)
    throw badRequest(`the name of the object (${given.name}) does not match the name on the URL (${name})`);
  if (given.namespace && namespace && given.namespace !== namespace)
    throw badRequest(`the namespace of the object (${given.namespace}) does not match the namespace on the request (${namespace})`);
  return { raw: checked, config, force, readLast: (text) => read(kind, JSON.parse(text)) };
}

/** How often an object may come and go while it is applied. */
const mostTries = 5;

/** Applies a configuration; `created` tells that there was no object before. Through a subresource there must be one. */
export async function applyObject(
  api: ApiContext,
  kind: AnyKind,
  place: Place,
  raw: unknown,
  { force = false, ...options }: ApplyOptions,
): Promise<Written & { created: boolean }> {
  const configuration = configurationOf(kind, place, raw, force);
  const { namespace, name } = place;
  const applied = (live: KubeObject | undefined): KubeObject => appliedObject(api, kind, live, configuration, options);
  for (let attempt = 1; ; attempt++) {
    const exists = options.subresource !== undefined || (await api.store.get(storeKey(kind, namespace, name))) !== undefined;
    try {
      if (exists) return { ...(await updateObject(api, kind, namespace, name, applied, { ...options, applied: true })), created: false };
      return {
        ...(await createObject(api, kind, namespace, named(applied(undefined), name), { ...options, applied: true })),
        created: true,
      };
    } catch (error) {
      const isRace = exists ? isReason(error, 'NotFound') && options.subresource === undefined : isReason(error, 'AlreadyExists');
      if (!isRace || attempt >= mostTries) throw error;
    }
  }
}

/** The same through /scale: whoever applies a Scale comes to own the replicas of what is scaled. */
export async function applyScale(api: ApiContext, kind: AnyKind, place: Place, raw: unknown, options: ApplyOptions): Promise<Written> {
  const { spec, metadata } = readMessage<{ spec?: { replicas?: number }; metadata?: object }>(
    messages.scale,
    checkedType(messages.scale, raw),
  );
  const config = { apiVersion: kind.apiVersion, kind: kind.kind, ...(metadata && { metadata }), spec: { ...spec } };
  return applyObject(api, kind, place, config, { ...options, subresource: 'scale' });
}

function named(object: KubeObject, name: string): KubeObject {
  if (!object.metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  const { uid } = object.metadata;
  if (uid) throw new StatusError('Conflict', `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`);
  return object;
}
