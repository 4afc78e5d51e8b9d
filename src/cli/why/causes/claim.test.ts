import { event, object, pod, testCause } from '../../../../test/fixtures/cli/facts.ts';
import { claim } from './claim.ts';

const wanting = pod({
  spec: { nodeName: undefined, containers: [{ name: 'app' }], volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] },
});
const data = (spec: object, phase = 'Pending') => object<never>('PersistentVolumeClaim', 'data', { spec: { ...spec }, status: { phase } });
const standard = object<never>('StorageClass', 'standard');
testCause(claim, [
  ['bound', { pods: [wanting], claims: [data({}, 'Bound')] }, undefined],
  ['not there', { pods: [wanting] }, 'waits for the claim persistentvolumeclaim/data, which does not exist'],
  [
    'no such class',
    { pods: [wanting], claims: [data({ storageClassName: 'fast' })], classes: [standard] },
    'persistentvolumeclaim/data has no volume: the storage class "fast" does not exist (there are: standard)',
  ],
  ['no class', { pods: [wanting], claims: [data({})] }, 'it names no storage class, there is no default one, and no volume fits it'],
  [
    'waits for its pod',
    { claims: [data({ storageClassName: 'standard' })], classes: [standard], events: [event(data({}), 'WaitForFirstConsumer', 'waiting')] },
    undefined,
    data({ storageClassName: 'standard' }),
  ],
  [
    'the provisioner failed',
    {
      pods: [wanting],
      claims: [data({ storageClassName: 'standard' })],
      classes: [standard],
      events: [event(data({}), 'ProvisioningFailed', 'no room')],
    },
    'has no volume: no room',
  ],
  ['its volume is gone', { pods: [wanting], claims: [data({ volumeName: 'pv1' }, 'Lost')] }, 'the volume pv1 that it was bound to is gone'],
]);
