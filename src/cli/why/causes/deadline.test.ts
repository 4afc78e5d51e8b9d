import { deployment, testCause } from '../../../../test/fixtures/cli/facts.ts';
import { deadline } from './deadline.ts';

const late = deployment({
  spec: { progressDeadlineSeconds: 30 },
  status: { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] },
});
testCause(deadline, [
  [
    'too late',
    { deployments: [late] },
    'deployment/web has come no further for 30s: 1 of 1 pods are of the new revision, 0 are available',
    late,
  ],
  ['on its way', { deployments: [deployment()] }, undefined, deployment()],
]);
