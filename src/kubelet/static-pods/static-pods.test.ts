import { describe, expect, test } from 'vitest';
import { podForTests } from '../../../test/fixtures/kubelet/pods.ts';
import type { core } from '../../kinds/index.ts';
import { staticPod } from './manifest.ts';
import { marks } from './marks.ts';
import { mirrorOf, planMirrors } from './mirrors.ts';

const at = Date.parse('2026-11-24T12:00:00Z');
const read = (text: string, nodeName = 'node-1'): core.Pod => staticPod(text, { file: '/etc/pods/web.yaml', nodeName, at });
const manifest = (spec = '', metadata = 'name: web'): string => `
apiVersion: v1
kind: Pod
metadata: {${metadata}}
spec:
  containers: [{name: app, image: "app:1"}]
  ${spec}
`;

describe('a manifest', () => {
  test('becomes a pod of the node', () => {
    const pod = read(manifest());
    const { uid } = pod.metadata;
    expect(uid).toMatch(/^[0-9a-f]{32}$/);
    expect(pod).toMatchObject({
      metadata: {
        ...{ name: 'web-node-1', namespace: 'default' },
        annotations: { [marks.source]: 'file', [marks.hash]: uid, [marks.seen]: '2026-11-24T12:00:00.000Z' },
      },
      spec: { nodeName: 'node-1', restartPolicy: 'Always', tolerations: [{ operator: 'Exists', effect: 'NoExecute' }] },
    });
  });

  test('has an identity of its own: the node, the file and its content', () => {
    const uid = read(manifest()).metadata.uid;
    expect(read(manifest()).metadata.uid).toBe(uid);
    expect(read(manifest('terminationGracePeriodSeconds: 1')).metadata.uid).not.toBe(uid);
    expect(read(manifest(), 'node-2').metadata.uid).not.toBe(uid);
    expect(
      read(
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'web', namespace: 'x' },
          spec: { containers: [{ name: 'a', image: 'b' }] },
        }),
      ).metadata.namespace,
    ).toBe('x');
  });

  const faults: Array<[name: string, text: string, message: string | RegExp]> = [
    ['is no YAML', 'a: [', /./],
    ['is another kind', 'apiVersion: v1\nkind: Service\nmetadata: {name: x}', 'v1 Service is no v1 Pod'],
    ['is empty', '', 'a file describes one pod'],
    ['holds several', `${manifest()}---${manifest()}`, 'a file describes one pod'],
    ['has no name', manifest('', 'labels: {a: b}'), 'metadata.name: Required value'],
    ['has no containers', 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: []}', 'spec.containers: Required value'],
    ['wants an account', manifest('serviceAccountName: robot'), 'static pods may not reference serviceaccounts'],
    ['wants a Secret', manifest('volumes: [{name: v, secret: {secretName: s}}]'), 'static pods may not reference secrets'],
    ['wants a ConfigMap', manifest('volumes: [{name: v, configMap: {name: c}}]'), 'static pods may not reference configmaps'],
    [
      'wants a claim',
      manifest('volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]'),
      'static pods may not reference persistentvolumeclaims',
    ],
  ];
  for (const [name, text, message] of faults) test(`is refused when it ${name}`, () => expect(() => read(text)).toThrow(message));
});

describe('mirrors', () => {
  const pod = read(manifest());
  const mirror = { ...podForTests({}), metadata: { ...podForTests({}).metadata, ...mirrorOf(pod, undefined).metadata, uid: 'm1' } };
  const going = { ...mirror, metadata: { ...mirror.metadata, deletionTimestamp: '2026-11-24T12:00:00Z' } };
  const stale = { ...mirror, metadata: { ...mirror.metadata, annotations: { [marks.mirror]: 'was' } } };

  test('say whose they are', () => {
    expect(mirrorOf(pod, { name: 'node-1', uid: 'n' }).metadata).toEqual({
      ...{ name: 'web-node-1', namespace: 'default' },
      annotations: { ...pod.metadata.annotations, 'kubernetes.io/config.mirror': pod.metadata.uid },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'n', controller: true }],
    });
  });
  const cases: Array<[name: string, pods: core.Pod[], mirrors: core.Pod[], remove: number, create: number]> = [
    ['one is made for each pod', [pod], [], 0, 1],
    ['one that is there stays', [pod], [mirror], 0, 0],
    ['one that somebody deletes goes, and comes back when it has gone', [pod], [going], 1, 0],
    ['one of an earlier content goes', [pod], [stale], 1, 0],
    ['one without a pod goes', [], [mirror], 1, 0],
  ];
  for (const [name, pods, mirrors, remove, create] of cases)
    test(name, () => {
      const plan = planMirrors(pods, mirrors);
      expect([plan.remove.length, plan.create.length]).toEqual([remove, create]);
    });
});
