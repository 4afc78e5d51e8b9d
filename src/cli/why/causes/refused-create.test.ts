import { deployment, event, replicaSet, testCause } from '../../../../test/fixtures/cli/facts.ts';
import { refusedCreate } from './refused-create.ts';

const quota = 'pods "web-1-x" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2';
const failed = (message: string) => ({
  status: { replicas: 0, conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }] },
});
const failing = (message: string) => replicaSet(failed(message));
testCause(refusedCreate, [
  [
    'a quota',
    { deployments: [deployment(failed(quota))], replicaSets: [failing(quota)] },
    'replicaset/web-1 may not make its pods: the quota "few" is used up (asked for pods=1, used pods=2, allowed pods=2)',
    deployment(failed(quota)),
  ],
  [
    'something else',
    { replicaSets: [failing('pods is forbidden: no account')] },
    'replicaset/web-1 cannot make its pods: pods is forbidden: no account',
    failing('pods is forbidden: no account'),
  ],
  [
    'by event alone',
    { replicaSets: [replicaSet({ status: { replicas: 0 } })], events: [event(replicaSet(), 'FailedCreate', `Error creating: ${quota}`)] },
    'the quota "few" is used up',
    replicaSet({ status: { replicas: 0 } }),
  ],
  [
    'it has been made since',
    { replicaSets: [replicaSet({ status: { replicas: 1 } })], events: [event(replicaSet(), 'FailedCreate', 'Error creating: x')] },
    undefined,
    replicaSet({ status: { replicas: 1 } }),
  ],
]);
