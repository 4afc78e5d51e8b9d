import { describe, expect, test } from 'vitest';
import { deepCopy } from '../../meta/copy.ts';
import type { StatefulSet } from '../generated/apps-v1.ts';
import { controllerRevision } from './controller-revision.ts';
import { statefulSet } from './stateful-set.ts';

const made = (change: (it: StatefulSet) => void = () => undefined): StatefulSet => {
  const it = {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'app', image: 'nginx:1', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
      },
      volumeClaimTemplates: [
        { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
      ],
    },
  } as unknown as StatefulSet;
  change(it);
  statefulSet.defaults?.(it);
  return it;
};

test('what is left out is as upstream has it', () => {
  const { template: _t, selector: _s, ...spec } = made().spec;
  expect(spec).toEqual({
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 1 } },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    replicas: 1,
    revisionHistoryLimit: 10,
    volumeClaimTemplates: [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeMode: 'Filesystem' },
        status: { phase: 'Pending' },
      },
    ],
  });
  const named = made((it) => {
    it.spec.updateStrategy = { type: 'RollingUpdate' };
  });
  expect(named.spec.updateStrategy).toEqual({ type: 'RollingUpdate' });
});

const faults = (it: StatefulSet, was?: StatefulSet): string[] =>
  (statefulSet.validate?.(it, was) ?? []).map(({ path, message }) => `${path}: ${message}`);

describe('faults', () => {
  const cases: Array<[change: (it: StatefulSet) => void, fault: string]> = [
    [
      (it) => Object.assign(it.spec, { podManagementPolicy: 'Any' }),
      `spec.podManagementPolicy: Invalid value: "Any": must be 'OrderedReady' or 'Parallel'`,
    ],
    [
      (it) => Object.assign(it.spec, { updateStrategy: { type: 'Recreate' } }),
      `spec.updateStrategy: Invalid value: {"Type":"Recreate","RollingUpdate":null}: must be 'RollingUpdate' or 'OnDelete'`,
    ],
    [
      (it) => Object.assign(it.spec, { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } }),
      `spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy 'RollingUpdate'`,
    ],
    [
      (it) => Object.assign(it.spec, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: -1 } } }),
      'spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      (it) => Object.assign(it.spec, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '0%' } } }),
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "0%": cannot be 0',
    ],
    [
      (it) => Object.assign(it.spec, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '101%' } } }),
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ],
    [
      (it) => Object.assign(it.spec, { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Keep' } }),
      'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Keep": supported values: "Retain", "Delete"',
    ],
    [(it) => Object.assign(it.spec, { replicas: -1 }), 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      (it) => Object.assign(it.spec, { ordinals: { start: -1 } }),
      'spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0',
    ],
    [(it) => Object.assign(it.spec, { selector: {} }), 'spec.selector: Invalid value: {}: empty selector is invalid for statefulset'],
    [
      (it) => Object.assign(it.spec, { selector: { matchLabels: { app: 'db' } } }),
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      (it) => Object.assign(it.spec.template.spec ?? {}, { restartPolicy: 'Never' }),
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      (it) => Object.assign(it.spec.template.spec ?? {}, { activeDeadlineSeconds: 5 }),
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
    ],
    [
      (it) => Object.assign(it.spec.volumeClaimTemplates?.[0]?.spec ?? {}, { accessModes: [] }),
      'spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required',
    ],
    [
      (it) => Object.assign(it.spec, { serviceName: 'under_score' }),
      `spec.serviceName: Invalid value: "under_score": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
    ],
    [
      (it) => Object.assign(it.spec, { volumeClaimTemplates: [] }),
      'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"',
    ],
  ];
  test.each(cases.map(([change, fault]) => [fault, change] as const))('%s', (fault, change) =>
    expect(faults(made(change))).toEqual([fault]),
  );
  test('none', () => expect(faults(made(), made())).toEqual([]));
});

test('size, template, strategy, ordinals and retention may change, and nothing else', () => {
  const was = made();
  const now = deepCopy(was);
  Object.assign(now.spec, {
    replicas: 5,
    ordinals: { start: 1 },
    minReadySeconds: 3,
    revisionHistoryLimit: 1,
    updateStrategy: { type: 'OnDelete' },
  });
  now.spec.persistentVolumeClaimRetentionPolicy = { whenDeleted: 'Delete', whenScaled: 'Delete' };
  expect(faults(now, was)).toEqual([]);
  now.spec.serviceName = 'other';
  expect(faults(now, was)).toEqual([
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ]);
});

test('a status that cannot be is refused', () => {
  const it = { ...made(), status: { replicas: 1, readyReplicas: 2, availableReplicas: 1, collisionCount: 0 } };
  const was = { ...made(), status: { replicas: 1, collisionCount: 3 } };
  expect(statefulSet.validateStatus?.(it, was).map((fault) => fault.path)).toEqual(['status.readyReplicas', 'status.collisionCount']);
});

test('a revision keeps what it has, and tells whose it is', () => {
  const metadata = { name: 'web-1', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
  const it = { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata, data: { a: 1 }, revision: 1 };
  const said = (now: object, was?: object) =>
    controllerRevision.validate?.({ ...it, ...now }, was && { ...it, ...was }).map((one) => `${one.path}: ${one.message}`);
  expect(said({ revision: 4 }, {})).toEqual([]);
  expect(said({ data: { a: 2 } }, {})).toEqual(['data: Invalid value: {"a":2}: field is immutable']);
  expect(said({ data: undefined })).toEqual(['data: Required value: data is mandatory']);
  const [owner] = controllerRevision.columns ?? [];
  const reference = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u', controller: true };
  expect([owner?.value(it, 0), owner?.value({ ...it, metadata: { ...metadata, ownerReferences: [reference] } }, 0)]).toEqual([
    '<none>',
    'statefulset.apps/web',
  ]);
});
