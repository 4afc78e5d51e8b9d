import { type apps, type core, replicationController } from '../../kinds/index.ts';
import { replicaController } from '../replicaset/reconcile.ts';

/** What ReplicaSets grew out of: the same, but for a selector that knows equality alone (upstream: pkg/controller/replication). */
export const replicationControllers = replicaController<core.ReplicationController>({
  name: 'replication',
  kind: replicationController,
  asSet: (it) => ({ ...it, spec: { ...it.spec, selector: { matchLabels: it.spec.selector ?? {} } } }) as apps.ReplicaSet,
  setStatus: (draft, { terminatingReplicas: _, ...status }) => {
    draft.status = status;
  },
});
