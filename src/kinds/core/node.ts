import { required } from '../../meta/field-error.ts';
import { labelValue, qualifiedName } from '../../meta/names.ts';
import { ageColumn, type Column, defineKind } from '../define.ts';
import { enumFaults } from '../enums.ts';
import { faultsOf } from '../faults.ts';
import type { Node } from '../generated/core-v1.ts';

function statusText(it: Node): string {
  const ready = it.status?.conditions?.find((condition) => condition.type === 'Ready');
  const parts = [ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'];
  if (it.spec.unschedulable) parts.push('SchedulingDisabled');
  return parts.join(',');
}

function roles(it: Node): string {
  const prefix = 'node-role.kubernetes.io/';
  const found = Object.keys(it.metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
  return (
    found
      .map((label) => label.slice(prefix.length))
      .sort()
      .join(',') || '<none>'
  );
}

const address = (it: Node, type: string): string => it.status?.addresses?.find((one) => one.type === type)?.address ?? '<none>';

export const node = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  defaults: (draft) => {
    draft.spec ??= {};
    draft.status ??= {};
    draft.status.allocatable ??= draft.status.capacity ? { ...draft.status.capacity } : undefined;
    if (draft.status.allocatable === undefined) delete draft.status.allocatable;
  },
  validate: (it) => [
    ...enumFaults('core/v1.NodeSpec', it.spec, 'spec'),
    ...(it.spec.taints ?? []).flatMap((taint, i) => [
      ...faultsOf(`spec.taints[${i}].key`, taint.key, qualifiedName(taint.key ?? '')),
      ...(taint.value ? faultsOf(`spec.taints[${i}].value`, taint.value, labelValue(taint.value)) : []),
      ...(taint.effect ? [] : [required(`spec.taints[${i}].effect`)]),
    ]),
  ],
  columns: [
    { name: 'Status', type: 'string', value: statusText },
    { name: 'Roles', type: 'string', value: roles },
    ageColumn as Column<Node>,
    { name: 'Version', type: 'string', value: (it) => it.status?.nodeInfo?.kubeletVersion ?? '' },
    { name: 'Internal-IP', type: 'string', wide: true, value: (it) => address(it, 'InternalIP') },
    { name: 'External-IP', type: 'string', wide: true, value: (it) => address(it, 'ExternalIP') },
    { name: 'OS-Image', type: 'string', wide: true, value: (it) => it.status?.nodeInfo?.osImage || '<unknown>' },
    { name: 'Kernel-Version', type: 'string', wide: true, value: (it) => it.status?.nodeInfo?.kernelVersion || '<unknown>' },
    { name: 'Container-Runtime', type: 'string', wide: true, value: (it) => it.status?.nodeInfo?.containerRuntimeVersion || '<unknown>' },
  ],
  fields: { 'spec.unschedulable': (it) => String(it.spec.unschedulable ?? false) },
});
