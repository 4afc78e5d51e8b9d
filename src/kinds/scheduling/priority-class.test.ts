import { expect, test } from 'vitest';
import type { PriorityClass } from '../generated/scheduling-v1.ts';
import { priorityClass } from './priority-class.ts';

const made = (name: string, more: Partial<PriorityClass>): PriorityClass => {
  const metadata = { name, uid: '1', resourceVersion: '', creationTimestamp: '' };
  const draft: PriorityClass = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata, ...more };
  priorityClass.defaults?.(draft);
  return draft;
};
const faults = (it: PriorityClass, was?: PriorityClass): string[] =>
  (priorityClass.validate?.(it, was) ?? []).map(({ path, message }) => `${path}: ${message}`);
const reserved = "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: ";

test.each<[string, Partial<PriorityClass>, string[]]>([
  ['high', { value: 1_000_000_000 }, []],
  ['high', { value: 1_000_000_001 }, ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000']],
  ['system-node-critical', { value: 2_000_001_000 }, []],
  ['system-node-critical', { value: 3 }, [`${reserved}value of system-node-critical PriorityClass must be 2000001000`]],
  ['system-mine', { value: 3 }, [`${reserved}system-mine is not a known system priority class`]],
])('%s %j', (name, more, want) => expect(faults(made(name, more))).toEqual(want));

test('value and policy stay', () => {
  const was = made('high', { value: 5 });
  expect(faults(made('high', { value: 5, globalDefault: true, description: 'x' }), was)).toEqual([]);
  expect(faults(made('high', { value: 6, preemptionPolicy: 'Never' }), was)).toEqual([
    'value: Forbidden: may not be changed in an update.',
    'preemptionPolicy: Invalid value: "Never": field is immutable',
  ]);
});
