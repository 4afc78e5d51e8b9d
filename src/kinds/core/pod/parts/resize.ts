import { deepCopy, deepEqual } from '../../../../meta/copy.ts';
import { type FieldError, forbidden, invalidValue } from '../../../../meta/field-error.ts';
import type { Quantity } from '../../../../meta/types.ts';
import type { Part } from '../../../define.ts';
import type { Container, Pod, ResourceRequirements } from '../../../generated/core-v1.ts';
import { isMirror } from './ephemeral-containers.ts';
import { resizable } from '../resize-policy.ts';
import { qosClassOf } from '../resources.ts';
import { podFaults } from '../whole.ts';

type Amounts = { [resource: string]: Quantity };
const lists = ['containers', 'initContainers'] as const;

/**
 * `pods/resize`: what containers ask for and may use changes while they run (ValidatePodResize). Less memory than
 * before may be asked for, as since 1.34: the node tries. What the pod asks for as a whole changes too, as since 1.36.
 */
export const resize: Part<Pod> = {
  name: 'resize',
  keep(draft, was) {
    // Other containers than before are left for the rules to find.
    if (lists.some((it) => !sameNames(draft.spec[it], was.spec[it]))) return;
    const spec = deepCopy(was.spec);
    for (const list of lists) {
      for (const [i, container] of (spec[list] ?? []).entries()) {
        const { resources = {}, resizePolicy } = draft.spec[list]?.[i] ?? {};
        container.resources = resources;
        if (resizePolicy) container.resizePolicy = resizePolicy;
        else delete container.resizePolicy;
      }
    }
    const { resources } = draft.spec;
    if (resources) spec.resources = resources;
    else delete spec.resources;
    draft.spec = spec;
  },
  validate(it, was) {
    const specFaults = podFaults(it);
    if (isMirror(was)) return [forbidden('', 'static pods cannot be resized')];
    if (was.spec.os?.name === 'windows') return [forbidden('', 'windows pods cannot be resized')];
    if (lists.some((list) => !sameNames(it.spec[list], was.spec[list]))) return [...specFaults, forbidden('spec', onlyThose)];
    const faults = [...specFaults, ...wholeFaults(it.spec.resources, was.spec.resources)];
    if (qosClassOf(was) !== qosClassOf(it))
      faults.push(invalidValue('spec', it.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'));
    for (const list of [...lists].reverse())
      for (const [i, before] of (was.spec[list] ?? []).entries())
        faults.push(...containerFaults(it.spec[list]?.[i] as Container, before, `spec.${list}[${i}].resources`, list));
    return faults;
  },
};

const onlyThose = 'only cpu and memory resources are mutable';
const sameNames = (a: readonly Container[] = [], b: readonly Container[] = []): boolean =>
  a.length === b.length && a.every((it, i) => it.name === b[i]?.name);

/** Of what the pod asks for as a whole. */
function wholeFaults(now: ResourceRequirements | undefined, was: ResourceRequirements | undefined): FieldError[] {
  const removed = removedFaults(now, was, 'spec.resources');
  return deepEqual(fixedAmounts(now), fixedAmounts(was)) ? removed : [...removed, forbidden('spec.resources', onlyThose)];
}

function removedFaults(now: ResourceRequirements | undefined, was: ResourceRequirements | undefined, path: string): FieldError[] {
  return (['requests', 'limits'] as const).flatMap((field) => {
    const left = now?.[field] ?? {};
    const lost = Object.keys(was?.[field] ?? {}).some((it) => left[it] === undefined);
    return lost ? [forbidden(`${path}.${field}`, `resource ${field} cannot be removed`)] : [];
  });
}

function containerFaults(now: Container, was: Container, path: string, list: (typeof lists)[number]): FieldError[] {
  const oneShot = list === 'initContainers' && was.restartPolicy !== 'Always';
  if (oneShot) return deepEqual(now, was) ? [] : [forbidden('spec', 'resources for non-sidecar init containers are immutable')];
  const removed = removedFaults(now.resources, was.resources, path);
  if (deepEqual(fixedPart(now), fixedPart(was))) return removed;
  return [
    ...removed,
    forbidden('spec', list === 'containers' ? onlyThose : 'only cpu and memory resources for sidecar containers are mutable'),
  ];
}

/** The container without what a resize may change. */
const fixedPart = ({ resources, ...rest }: Container): object => ({ ...rest, ...fixedAmounts(resources) });

function fixedAmounts(resources: ResourceRequirements | undefined): object {
  const others = (amounts: Amounts | undefined): Amounts =>
    Object.fromEntries(Object.entries(amounts ?? {}).filter(([name]) => !resizable.includes(name)));
  return { requests: others(resources?.requests), limits: others(resources?.limits), claims: resources?.claims };
}
