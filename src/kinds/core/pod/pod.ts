import { isTrue } from '../../../meta/condition.ts';
import { type FieldError, forbidden } from '../../../meta/field-error.ts';
import type { IntOrString } from '../../../meta/types.ts';
import { defineKind } from '../../define.ts';
import type { Pod } from '../../generated/core-v1.ts';
import { podColumns } from './columns.ts';
import { defaultPod } from './defaults.ts';
import { ephemeralContainers } from './parts/ephemeral-containers.ts';
import { resize } from './parts/resize.ts';
import { qosClassOf } from './resources.ts';
import { profileMatchFaults } from './security.ts';
import { podStatusFaults } from './status-faults.ts';
import { podUpdateFaults } from './update.ts';
import { podFaults } from './whole.ts';

export const pod = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  returnsDeleted: true,
  generation: true,
  defaults: defaultPod,
  prepareCreate: (draft) => {
    draft.status = { phase: 'Pending', qosClass: qosClassOf(draft) };
    if (draft.spec.schedulingGates?.length) {
      const message = 'Scheduling is blocked due to non-empty scheduling gates';
      draft.status.conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message }];
    }
  },
  parts: [ephemeralContainers, resize],
  prepareStatus: keepGenerations,
  validate: (it, was) => [...podFaults(it), ...(was ? podUpdateFaults(it, was) : createFaults(it))],
  validateStatus: podStatusFaults,
  columns: podColumns,
  fields: {
    'spec.nodeName': (it) => it.spec.nodeName ?? '',
    'spec.restartPolicy': (it) => it.spec.restartPolicy ?? '',
    'spec.schedulerName': (it) => it.spec.schedulerName ?? '',
    'spec.serviceAccountName': (it) => it.spec.serviceAccountName ?? '',
    'spec.hostNetwork': (it) => String(it.spec.hostNetwork ?? false),
    'status.phase': (it) => it.status?.phase ?? '',
    'status.podIP': (it) => it.status?.podIP ?? '',
    'status.nominatedNodeName': (it) => it.status?.nominatedNodeName ?? '',
  },
  graceSeconds: (it, asked) => {
    if (!it.spec.nodeName || isPodFinished(it)) return 0;
    const seconds = Math.max(0, asked ?? it.spec.terminationGracePeriodSeconds ?? 30);
    const already = it.metadata.deletionGracePeriodSeconds;
    return already !== undefined && it.metadata.deletionTimestamp ? Math.min(already, seconds) : seconds;
  },
});

/** Who writes a status without knowing of observed generations takes none away (preserveOldObservedGeneration). */
function keepGenerations({ status }: Pod, { status: was }: Pod): void {
  if (!status || !was) return;
  if (was.qosClass !== undefined) status.qosClass ??= was.qosClass;
  if (was.observedGeneration !== undefined) status.observedGeneration ||= was.observedGeneration;
  for (const it of status.conditions ?? []) {
    const before = was.conditions?.find(({ type }) => type === it.type)?.observedGeneration;
    if (before !== undefined) it.observedGeneration ||= before;
  }
}

/** What is set on pods that are there, and what must not be said twice in two ways (ValidatePodCreate). */
function createFaults({ metadata, spec }: Pod): FieldError[] {
  const faults: FieldError[] = [];
  if (spec.ephemeralContainers?.length) faults.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  if (spec.nodeName && spec.schedulingGates?.length)
    faults.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  return [...faults, ...profileMatchFaults(metadata.annotations ?? {}, spec, 'spec')];
}

export const isPodReady = (it: Pod): boolean => isTrue(it.status?.conditions, 'Ready');
export const isPodFinished = (it: Pod): boolean => it.status?.phase === 'Succeeded' || it.status?.phase === 'Failed';

/** The number behind a target port: itself, or that of the container port with the name and protocol. */
export function resolvePort(it: Pod, port: IntOrString, protocol = 'TCP'): number | undefined {
  if (typeof port === 'number') return port;
  const containers = [...it.spec.containers, ...(it.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')];
  return containers.flatMap((c) => c.ports ?? []).find((p) => p.name === port && (p.protocol ?? 'TCP') === protocol)?.containerPort;
}
