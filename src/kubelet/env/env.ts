import type { core } from '../../kinds/index.ts';
import { podField, type PodAddresses, resourceField } from './downward.ts';
import { expand } from './expand.ts';
import { serviceEnv } from './services.ts';

type Container = core.Container;

/** What variables are made from. The lookups answer undefined for what does not exist. */
export type EnvSources = PodAddresses & {
  pod: core.Pod;
  configMap(name: string): core.ConfigMap | undefined;
  secret(name: string): core.Secret | undefined;
  services: readonly core.Service[];
  allocatable: { [name: string]: string };
};

/** The container cannot be described yet; the pod waits with CreateContainerConfigError. */
export class ConfigError extends Error {}

/** Names of ConfigMaps and Secrets that a container's variables come from. */
export function envSourceNames(container: Container): { configMaps: string[]; secrets: string[] } {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  for (const it of container.envFrom ?? []) {
    if (it.configMapRef?.name) configMaps.add(it.configMapRef.name);
    if (it.secretRef?.name) secrets.add(it.secretRef.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.configMapKeyRef?.name) configMaps.add(valueFrom.configMapKeyRef.name);
    if (valueFrom?.secretKeyRef?.name) secrets.add(valueFrom.secretKeyRef.name);
  }
  return { configMaps: [...configMaps], secrets: [...secrets] };
}

/** The container's variables: its own in their order, then those of envFrom, then services'. Fails with ConfigError. */
export function buildEnv(container: Container, from: EnvSources): Map<string, string> {
  const namespace = from.pod.metadata.namespace ?? '';
  const services = serviceEnv(from.services, namespace, from.pod.spec.enableServiceLinks !== false);
  const known = new Map<string, string>();
  for (const source of container.envFrom ?? []) {
    for (const [key, value] of wholeSource(source, from)) known.set(`${source.prefix ?? ''}${key}`, value);
  }
  const own = new Map<string, string>();
  for (const variable of container.env ?? []) {
    const value = variable.value
      ? expand(variable.value, (name) => known.get(name) ?? services.get(name))
      : variable.valueFrom
        ? sourceValue(variable.valueFrom, container, from)
        : '';
    if (value === undefined) continue;
    known.set(variable.name, value);
    own.set(variable.name, value);
  }
  const all = new Map(own);
  for (const more of [known, services]) for (const [name, value] of more) if (!all.has(name)) all.set(name, value);
  return all;
}

function wholeSource(source: core.EnvFromSource, from: EnvSources): Array<[string, string]> {
  if (source.configMapRef) {
    const { name = '', optional } = source.configMapRef;
    return Object.entries(needed(from.configMap(name), 'configmap', name, optional)?.data ?? {});
  }
  if (source.secretRef) {
    const { name = '', optional } = source.secretRef;
    const data = needed(from.secret(name), 'secret', name, optional)?.data ?? {};
    return Object.entries(data).map(([key, value]) => [key, decode(value)]);
  }
  return [];
}

/** undefined: an optional reference to nothing, so the variable is left out. */
function sourceValue(source: core.EnvVarSource, container: Container, from: EnvSources): string | undefined {
  const namespace = from.pod.metadata.namespace ?? '';
  if (source.fieldRef) {
    const value = podField(from.pod, source.fieldRef.fieldPath, from);
    if (value === undefined) throw new ConfigError(`unsupported fieldPath: ${source.fieldRef.fieldPath}`);
    return value;
  }
  if (source.resourceFieldRef)
    return resourceField(
      containerOf(from.pod, source.resourceFieldRef.containerName, container),
      source.resourceFieldRef,
      from.allocatable,
    );
  if (source.configMapKeyRef) {
    const { name = '', key, optional } = source.configMapKeyRef;
    const value = needed(from.configMap(name), 'configmap', name, optional)?.data?.[key];
    if (value === undefined && !optional) throw new ConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    return value;
  }
  if (source.secretKeyRef) {
    const { name = '', key, optional } = source.secretKeyRef;
    const value = needed(from.secret(name), 'secret', name, optional)?.data?.[key];
    if (value === undefined && !optional) throw new ConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    return value === undefined ? undefined : decode(value);
  }
  return '';
}

function containerOf(pod: core.Pod, name: string | undefined, itself: Container): Container {
  if (!name) return itself;
  const found = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((it) => it.name === name);
  if (!found) throw new ConfigError(`container ${name} not found`);
  return found;
}

function needed<T>(found: T | undefined, kind: string, name: string, optional: boolean | undefined): T | undefined {
  if (found === undefined && !optional) throw new ConfigError(`${kind} ${JSON.stringify(name)} not found`);
  return found;
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

/** Command and arguments with their references to variables replaced. */
export function expandCommand(container: Container, env: ReadonlyMap<string, string>): { command?: string[]; args?: string[] } {
  const all = (list: readonly string[]): string[] => list.map((it) => expand(it, (name) => env.get(name)));
  return {
    ...(container.command?.length && { command: all(container.command) }),
    ...(container.args?.length && { args: all(container.args) }),
  };
}
