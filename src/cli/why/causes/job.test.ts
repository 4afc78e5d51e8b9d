import { object, testCause } from '../../../../test/fixtures/cli/facts.ts';
import { job } from './job.ts';

const failed = (reason: string, message = '') =>
  object<never>('Job', 'work', {
    spec: { backoffLimit: 1 },
    status: { failed: 2, conditions: [{ type: 'Failed', status: 'True', reason, message }] },
  });
testCause(job, [
  [
    'too many failures',
    { jobs: [failed('BackoffLimitExceeded')] },
    'job/work has failed: 2 pods failed, and its backoffLimit is 1',
    failed('BackoffLimitExceeded'),
  ],
  [
    'too late',
    { jobs: [failed('DeadlineExceeded', 'Job was active too long')] },
    'job/work has failed: Job was active too long',
    failed('DeadlineExceeded', 'Job was active too long'),
  ],
  ['at work', { jobs: [object<never>('Job', 'work')] }, undefined, object('Job', 'work')],
]);
