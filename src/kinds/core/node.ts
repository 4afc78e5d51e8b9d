import { duplicate, type FieldError, forbidden, invalidValue, required } from '../../meta/field-error.ts';
import { labelValue, qualifiedName } from '../../meta/names.ts';
import { ageColumn, type Column, defineKind } from '../define.ts';
import { faultsOf } from '../faults.ts';
import type { Node, Taint } from '../generated/core-v1.ts';
import { effectFaults } from './pod/scheduling.ts';

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

/** Taints are told where they once stood. */
function taintFaults(taints: readonly Taint[] | undefined): FieldError[] {
  const seen = new Set<string>();
  return (taints ?? []).flatMap((taint, i) => {
    const { key = '', value = '', effect = '' } = taint;
    const at = `metadata.taints[${i}]`;
    const faults = faultsOf(`${at}.key`, key, qualifiedName(key));
    const texts = labelValue(value);
    if (texts.length > 0) faults.push(invalidValue(`${at}.value`, value, texts.join(';')));
    faults.push(...(effect ? effectFaults(effect, `${at}.effect`) : [required(`${at}.effect`)]));
    if (seen.has(`${key} ${effect}`)) {
      const repeated = duplicate(at, { Key: key, Value: value, Effect: effect, TimeAdded: taint.timeAdded ?? null });
      faults.push({ ...repeated, message: `${repeated.message}: taints must be unique by key and effect pair` });
    }
    seen.add(`${key} ${effect}`);
    return faults;
  });
}

/** Faults of a node; with `was`, what is given once (ValidateNode, ValidateNodeUpdate). */
function nodeFaults(it: Node, was?: Node): FieldError[] {
  const { podCIDRs = [], providerID } = it.spec;
  const faults = taintFaults(it.spec.taints);
  const before = was?.spec.podCIDRs ?? [];
  if (before.length > 0 && before.some((one, i) => one !== podCIDRs[i]))
    faults.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  if (was?.spec.providerID && was.spec.providerID !== providerID)
    faults.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  return faults;
}

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
  validate: nodeFaults,
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
