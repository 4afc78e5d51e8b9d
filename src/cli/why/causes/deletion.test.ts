import { at, pod, testCause } from '../../../../test/fixtures/cli/facts.ts';
import { deletion } from './deletion.ts';

const deleted = (secondsAgo: number, finalizers: string[] = []) => ({
  pods: [pod({ metadata: { deletionTimestamp: at(secondsAgo), deletionGracePeriodSeconds: 30, finalizers } })],
});
testCause(deletion, [
  ['not deleted', { pods: [pod()] }, undefined],
  ['a finalizer', deleted(60, ['example.com/keep']), 'pod/web-1-a is deleted, and stays because of its finalizer example.com/keep'],
  ['in its grace period', deleted(-12), 'its containers have 30s to end, and 12s of that are left'],
  ['too long', deleted(60), 'pod/web-1-a is deleted and should be gone since 60s ago'],
]);
