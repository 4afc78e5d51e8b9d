import { expect, test } from 'vitest';
import type { PodTemplate, ReplicationController } from '../generated/core-v1.ts';
import { podTemplate } from './pod-template.ts';
import { replicationController } from './replication-controller.ts';

const made = (spec: object, labels?: { [key: string]: string }): ReplicationController => {
  const it = { metadata: { name: 'old', namespace: 'default', ...(labels && { labels }) }, spec } as unknown as ReplicationController;
  replicationController.defaults?.(it);
  return it;
};
const template = { metadata: { labels: { app: 'old' } }, spec: { containers: [{ name: 'app', image: 'nginx:1' }] } };
const faults = (it: ReplicationController): string[] =>
  (replicationController.validate?.(it) ?? []).map(({ path, message }) => `${path}: ${message}`);

test('selector and labels are those of the template, unless it has its own', () => {
  const it = made({ template });
  expect([it.spec.selector, it.metadata.labels, it.spec.replicas, faults(it)]).toEqual([{ app: 'old' }, { app: 'old' }, 1, []]);
  const own = made({ template, selector: { app: 'old' }, replicas: 0 }, { mine: 'yes' });
  expect([own.metadata.labels, own.spec.replicas]).toEqual([{ mine: 'yes' }, 0]);
  expect(replicationController.scale?.selector(it)).toBe('app=old');
});

test('faults', () => {
  expect(faults(made({ template: { ...template, metadata: {} } }))).toEqual(['spec.selector: Required value']);
  expect(faults(made({ template, selector: { app: 'new' } }))).toEqual([
    'spec.template.metadata.labels: Invalid value: {"app":"old"}: `selector` does not match template `labels`',
  ]);
  expect(faults(made({ selector: { app: 'old' } }))).toEqual(['spec.template: Required value']);
  expect(faults(made({ template, replicas: -1 }))).toEqual(['spec.replicas: Invalid value: -1: must be greater than or equal to 0']);
});

test('a pod template has defaults, columns and a generation', () => {
  const it = { metadata: { name: 'web' }, template: structuredClone(template) } as unknown as PodTemplate;
  podTemplate.defaults?.(it);
  expect(it.template?.spec?.restartPolicy).toBe('Always');
  podTemplate.prepareCreate?.(it);
  const next = structuredClone(it);
  next.template!.spec!.containers[0]!.image = 'nginx:2';
  podTemplate.prepareUpdate?.(next, it);
  expect([it.metadata.generation, next.metadata.generation]).toEqual([1, 2]);
  expect(podTemplate.columns?.map((one) => `${one.name} ${one.value(next, 0)}`)).toEqual([
    'Name web',
    'Containers app',
    'Images nginx:2',
    'Pod Labels app=old',
  ]);
  expect(podTemplate.validate?.({ ...it, template: { spec: { containers: [] } } }).map((fault) => fault.path)).toEqual([
    'template.spec.containers',
  ]);
});
