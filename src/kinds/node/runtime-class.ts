import { deepEqual } from '../../meta/copy.ts';
import { duplicate, type FieldError, invalidValue, required } from '../../meta/field-error.ts';
import { dns1123Label, labelValue, qualifiedName } from '../../meta/names.ts';
import { ageColumn, type Column, defineKind } from '../define.ts';
import { resourceFaults } from '../core/pod/resource-faults.ts';
import { tolerationFaults } from '../core/pod/scheduling.ts';
import { goNamed } from '../faults.ts';
import type { Toleration } from '../generated/core-v1.ts';
import type { RuntimeClass } from '../generated/node-v1.ts';

/** Upstream: pkg/apis/node/validation. */
function validate(it: RuntimeClass, was?: RuntimeClass): FieldError[] {
  const faults: FieldError[] = [];
  if (was) return it.handler === was.handler ? faults : [...faults, invalidValue('handler', it.handler, 'field is immutable')];
  if (!it.handler) faults.push(required('handler'));
  else faults.push(...dns1123Label(it.handler).map((fault) => invalidValue('handler', it.handler, fault)));
  if (it.overhead?.podFixed) faults.push(...resourceFaults({ limits: it.overhead.podFixed }, 'overhead.podFixed'));
  for (const [key, value] of Object.entries(it.scheduling?.nodeSelector ?? {})) {
    const at = 'scheduling.nodeSelector';
    faults.push(...qualifiedName(key).map((fault) => invalidValue(at, key, fault)));
    faults.push(...labelValue(String(value)).map((fault) => invalidValue(at, value, fault)));
  }
  return [...faults, ...tolerationListFaults(it.scheduling?.tolerations)];
}

/** All fields, also those that are not said: so upstream shows it. */
const asGo = (it: Toleration): unknown =>
  goNamed({ key: '', operator: '', value: '', effect: '', ...it, tolerationSeconds: it.tolerationSeconds ?? null });

/** Tolerations of pods, each once. */
function tolerationListFaults(tolerations: readonly Toleration[] = []): FieldError[] {
  const path = 'scheduling.tolerations';
  return [
    ...tolerationFaults(tolerations, path),
    ...tolerations.flatMap((it, i) =>
      tolerations.findIndex((one) => deepEqual(one, it)) < i ? [duplicate(`${path}[${i}]`, asGo(it))] : [],
    ),
  ];
}

/** A way to run pods: which of the engine's runtimes, what it costs, and on which nodes it is. */
export const runtimeClass = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  shortNames: [],
  namespaced: false,
  validate,
  columns: [{ name: 'Handler', type: 'string', value: (it) => it.handler }, ageColumn as Column<RuntimeClass>],
});
