import { type FieldError, invalidValue, required } from '../../meta/field-error.ts';
import { dns1123Label, labelValue, qualifiedName } from '../../meta/names.ts';
import { ageColumn, type Column, defineKind } from '../define.ts';
import { resourceFaults } from '../core/pod/resource-faults.ts';
import { enumFaults } from '../enums.ts';
import type { RuntimeClass } from '../generated/node-v1.ts';

/** Upstream: pkg/apis/node/validation. */
function validate(it: RuntimeClass, was?: RuntimeClass): FieldError[] {
  const faults = enumFaults('node/v1.RuntimeClass', it);
  if (was) return it.handler === was.handler ? faults : [...faults, invalidValue('handler', it.handler, 'field is immutable')];
  if (!it.handler) faults.push(required('handler'));
  else faults.push(...dns1123Label(it.handler).map((fault) => invalidValue('handler', it.handler, fault)));
  if (it.overhead?.podFixed) faults.push(...resourceFaults({ limits: it.overhead.podFixed }, 'overhead.podFixed'));
  for (const [key, value] of Object.entries(it.scheduling?.nodeSelector ?? {})) {
    const at = 'scheduling.nodeSelector';
    faults.push(...qualifiedName(key).map((fault) => invalidValue(at, key, fault)));
    faults.push(...labelValue(String(value)).map((fault) => invalidValue(at, value, fault)));
  }
  return faults;
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
