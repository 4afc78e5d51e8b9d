import { expect, test } from 'vitest';
import { podOf, serviceOf } from '../../../../test/fixtures/controllers/objects.ts';
import type { ResourceQuota } from '../../generated/core-v1.ts';
import { configMap, persistentVolumeClaim, pod, service } from '../../index.ts';
import { isInScope } from './scopes.ts';
import { addUsage, maskUsage, usageOf } from './usage.ts';

const now = Date.UTC(2026, 0, 1);
const container = (requests: { [name: string]: string }, limits: { [name: string]: string } = {}) => ({
  name: 'app',
  resources: { requests, limits },
});

test('pods count by what they ask for, under every name', () => {
  const it = podOf('a', {
    spec: { containers: [container({ cpu: '1', 'example.com/gpu': '2' }, { cpu: '2' }), container({ cpu: '500m' })] },
  });
  expect(usageOf(pod, it, now)).toEqual({
    ...{ 'count/pods': '1', pods: '1', cpu: '1500m', 'requests.cpu': '1500m', 'limits.cpu': '2' },
    'requests.example.com/gpu': '2',
  });
});

test.each([
  ['has ended', { status: { phase: 'Failed' as const } }],
  ['should have gone', { metadata: { deletionTimestamp: '2025-12-31T23:59:00Z', deletionGracePeriodSeconds: 30 } }],
])('one that %s takes nothing but its place', (_, more) => expect(usageOf(pod, podOf('a', more), now)).toEqual({ 'count/pods': '1' }));

test('services, claims, and what is only counted', () => {
  const open = serviceOf('a', { type: 'LoadBalancer', ports: [{ port: 80 }, { port: 81 }] });
  expect(usageOf(service, open, now)).toMatchObject({ services: '1', 'services.nodeports': '2', 'services.loadbalancers': '1' });
  const claim = {
    ...podOf('c'),
    kind: 'PersistentVolumeClaim',
    spec: { storageClassName: 'gold', resources: { requests: { storage: '3Gi' } } },
  };
  expect(usageOf(persistentVolumeClaim, claim, now)).toMatchObject({
    ...{ persistentvolumeclaims: '1', 'requests.storage': '3Gi' },
    ...{ 'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1', 'gold.storageclass.storage.k8s.io/requests.storage': '3Gi' },
  });
  expect(usageOf(configMap, podOf('m'), now)).toEqual({ 'count/configmaps': '1', configmaps: '1' });
  expect(maskUsage(addUsage({ a: '1', b: '500m' }, { a: '2', c: '1' }), { a: '', c: '' })).toEqual({ a: '3', c: '1' });
});

const quota = (spec: ResourceQuota['spec']): ResourceQuota => ({ ...podOf('q'), kind: 'ResourceQuota', spec }) as unknown as ResourceQuota;
const some = podOf('some', { spec: { containers: [container({ cpu: '1' })] } });
const elsewhere = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', namespaces: ['other'] }] } };
const vip = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', ...values: string[]) => ({
  scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass' as const, operator, ...(values.length > 0 && { values }) }] },
});
test.each<[string, ResourceQuota['spec'], boolean, boolean]>([
  ['no scope', {}, true, true],
  ['best effort', { scopes: ['BestEffort'] }, true, false],
  ['not best effort', { scopes: ['NotBestEffort'] }, false, true],
  ['terminating', { scopes: ['Terminating'] }, true, false],
  ['not terminating', { scopes: ['NotTerminating'] }, false, true],
  ['a class', vip('In', 'vip', 'other'), true, false],
  ['no such class', vip('NotIn', 'vip'), false, true],
  ['any class', vip('Exists'), true, false],
  ['no class', vip('DoesNotExist'), false, true],
  ['affinity to other namespaces', { scopes: ['CrossNamespacePodAffinity'] }, true, false],
])('%s', (_, spec, first, second) => {
  const one = podOf('one', { spec: { activeDeadlineSeconds: 10, priorityClassName: 'vip', affinity: elsewhere } });
  expect([isInScope(quota(spec), pod, one), isInScope(quota(spec), pod, some)]).toEqual([first, second]);
});

test('claims count by what they have, if that is more, in whole bytes', () => {
  const of = (asked: string, given?: string) =>
    usageOf(
      persistentVolumeClaim,
      {
        ...podOf('c'),
        spec: { resources: { requests: { storage: asked } } },
        ...(given && { status: { allocatedResources: { storage: given } } }),
      } as never,
      now,
    )['requests.storage'];
  expect([of('1Gi', '3Gi'), of('3Gi', '1Gi'), of('1500m')]).toEqual(['3Gi', '3Gi', '2']);
});

const classed = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', ...values: string[]) => ({
  scopeSelector: { matchExpressions: [{ scopeName: 'VolumeAttributesClass' as const, operator, ...(values.length > 0 && { values }) }] },
});
test.each<[string, ResourceQuota['spec'], boolean[]]>([
  ['a class of claims', classed('In', 'gold'), [true, true, false]],
  ['no such class of claims', classed('NotIn', 'gold'), [false, true, true]],
  ['any class of claims', classed('Exists'), [true, true, false]],
  ['no class of claims', classed('DoesNotExist'), [false, false, true]],
])('%s', (_, spec, want) => {
  const claims = [
    { spec: { volumeAttributesClassName: 'gold' } },
    { spec: { volumeAttributesClassName: 'tin' }, status: { currentVolumeAttributesClassName: 'gold' } },
    { spec: {} },
  ].map((it) => ({ ...podOf('c'), ...it }) as never);
  expect(claims.map((it) => isInScope(quota(spec), persistentVolumeClaim, it))).toEqual(want);
  expect(isInScope(quota(spec), pod, some)).toBe(false);
});

test('what is no pod is in no scope', () => expect(isInScope(quota({ scopes: ['NotBestEffort'] }), configMap, podOf('m'))).toBe(false));
