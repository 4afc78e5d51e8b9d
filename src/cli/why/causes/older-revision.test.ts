import { object, pod, testCause } from '../../../../test/fixtures/cli/facts.ts';
import { olderRevision } from './older-revision.ts';

const set = object<never>('StatefulSet', 'db', { spec: { replicas: 1 }, status: { updateRevision: 'db-2' } });
const podOf = (revision: string, ready = 'False') =>
  pod({
    metadata: {
      labels: { 'controller-revision-hash': revision },
      ownerReferences: [{ kind: 'StatefulSet', name: 'db', uid: 'uid-db', controller: true }],
    },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  });
testCause(olderRevision, [
  ['waits for a broken one', { statefulSets: [set], pods: [podOf('db-1')] }, 'is of an older revision of statefulset/db and not ready'],
  ['the newest', { statefulSets: [set], pods: [podOf('db-2')] }, undefined],
  ['ready', { statefulSets: [set], pods: [podOf('db-1', 'True')] }, undefined],
]);
