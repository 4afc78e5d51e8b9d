import { duplicate, type FieldError, forbidden, invalidValue, required } from '../../../meta/field-error.ts';
import type { Container, PodSpec } from '../../generated/core-v1.ts';
import { containerFaults, imageSpaceFaults, type Surroundings } from './container.ts';
import { ephemeralFaults } from './ephemeral.ts';
import { lifecycleFaults } from './lifecycle.ts';
import { probeFaults } from './probe.ts';
import { restartFaults } from './restart-policy.ts';

/** All containers of a pod, list by list. */
export function allContainerFaults(around: Surroundings, path: string): FieldError[] {
  const { spec } = around;
  if (!spec.containers?.length) return [required(`${path}.containers`), ...initFaults(around, path), ...addedFaults(around, path)];
  const names = new Set<string>();
  const faults = spec.containers.flatMap((it, i) => {
    const at = `${path}.containers[${i}]`;
    const repeated = names.has(it.name ?? '');
    names.add(it.name ?? '');
    return [
      ...containerFaults(it, at, around),
      ...(repeated ? [duplicate(`${at}.name`, it.name ?? '')] : []),
      ...lifecycleFaults(it, `${at}.lifecycle`, spec),
      ...probeFaults(it, at, spec),
      ...restartFaults(it, at),
    ];
  });
  return [...faults, ...hostPortFaults(spec.containers, `${path}.containers`), ...initFaults(around, path), ...addedFaults(around, path)];
}

const onlyRestartable = 'may not be set for init containers without restartPolicy=Always';

/** Init containers: those that go on beside the others have probes and hooks, the rest do their work once. */
function initFaults(around: Surroundings, path: string): FieldError[] {
  const { spec } = around;
  const names = new Set((spec.containers ?? []).map((it) => it.name));
  return (spec.initContainers ?? []).flatMap((it, i) => {
    const at = `${path}.initContainers[${i}]`;
    const faults = [...containerFaults(it, at, around), ...restartFaults(it, at)];
    if (names.has(it.name)) faults.push(duplicate(`${at}.name`, it.name));
    else if (it.name) names.add(it.name);
    // Each is a list of its own here: no two run at once. Upstream counts from nought every time.
    faults.push(...hostPortFaults([it], `${path}.initContainers`));
    if (it.restartPolicy === 'Always') return [...faults, ...lifecycleFaults(it, `${at}.lifecycle`, spec), ...probeFaults(it, at, spec)];
    const denied = (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const).filter((field) => it[field]);
    faults.push(...denied.map((field) => forbidden(`${at}.${field}`, onlyRestartable)));
    for (const [j, { restartPolicy }] of (it.resizePolicy ?? []).entries())
      if (restartPolicy === 'RestartContainer')
        faults.push(
          invalidValue(
            `${at}.resizePolicy[${j}].restartPolicy`,
            restartPolicy,
            "must not be set to 'RestartContainer' for non-sidecar initContainers",
          ),
        );
    return faults;
  });
}

/** Ephemeral containers, which are added to pods that are there. */
function addedFaults(around: Surroundings, path: string): FieldError[] {
  const { spec } = around;
  const names = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((it) => it.name));
  return (spec.ephemeralContainers ?? []).flatMap((it, i) => {
    const at = `${path}.ephemeralContainers[${i}]`;
    const faults = [...containerFaults(it as Container, at, around), ...imageSpaceFaults(it as Container, at)];
    if (names.has(it.name ?? '')) faults.push(duplicate(`${at}.name`, it.name ?? ''));
    names.add(it.name ?? '');
    return [...faults, ...ephemeralFaults(it, at, spec)];
  });
}

function hostPortFaults(containers: readonly Container[], path: string): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap((container, i) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP = '', protocol = 'TCP' }, j) => {
      if (!hostPort) return [];
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) return [duplicate(`${path}[${i}].ports[${j}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

/** On the host's network a port is the host's. Templates may leave that to the defaults of the pod. */
export function hostNetworkFaults({ hostNetwork, containers }: PodSpec, path: string, isPod: boolean): FieldError[] {
  if (!hostNetwork) return [];
  return (containers ?? []).flatMap(({ ports }, i) =>
    (ports ?? []).flatMap(({ hostPort = 0, containerPort = 0 }, j) =>
      (isPod || hostPort !== 0) && hostPort !== containerPort
        ? [invalidValue(`${path}.containers[${i}].ports[${j}].hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true')]
        : [],
    ),
  );
}
