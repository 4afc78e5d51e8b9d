import { expect, test } from 'vitest';
import { claimOf, classOf, volumeOf } from '../../../test/fixtures/controllers/objects.ts';
import { type ClaimFacts, type ClaimPlan, planClaim } from './plan-claim.ts';
import { bindCompleted, boundByController, type Claim, selectedNode, type StorageClass, type Volume } from './vocabulary.ts';

const facts = (volumes: Volume[] = [], classes: StorageClass[] = [], waiting: string[] = []): ClaimFacts => ({
  volume: (name) => volumes.find((it) => it.metadata.name === name),
  volumes: () => volumes,
  classes: () => classes,
  waitingPods: () => waiting,
});
/** `wait Normal FailedBinding: no …`, `bind v`, `take class fast` */
function shown(plan: ClaimPlan): string {
  const told = 'tell' in plan && plan.tell ? ` ${plan.tell.type} ${plan.tell.reason}: ${plan.tell.message}` : '';
  const what = plan.do === 'bind' ? ` ${plan.volume.metadata.name}` : plan.do === 'take class' ? ` ${plan.name}` : '';
  return `${plan.do}${what}${told}`;
}
const annotated = (name: string, spec: Partial<Claim['spec']>, ...keys: string[]): Claim =>
  claimOf(name, spec, { annotations: Object.fromEntries(keys.map((it) => [it, 'yes'])) });
const bound = (spec: Partial<Claim['spec']>): Claim => annotated('c', spec, bindCompleted);
const noClass = claimOf('c');
delete noClass.spec.storageClassName;
const standard = classOf('standard', { metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } as never });
const older = classOf('older', { metadata: { ...standard.metadata, name: 'older', creationTimestamp: '2025-01-01T00:00:00Z' } });
const late = classOf('late', { volumeBindingMode: 'WaitForFirstConsumer' });
const ref = { namespace: 'default', name: 'c', uid: 'uid-c' };
const other = { namespace: 'default', name: 'other', uid: 'uid-other' };
const awaited = (by: string): string =>
  `provision Normal ExternalProvisioning: Waiting for a volume to be created either by the external provisioner '${by}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;

const cases: Array<[name: string, claim: Claim, facts: ClaimFacts, want: string]> = [
  ['a volume is there', claimOf('c'), facts([volumeOf('v')]), 'bind v'],
  [
    'none is there',
    claimOf('c'),
    facts(),
    'wait Normal FailedBinding: no persistent volumes available for this claim and no storage class is set',
  ],
  ['no class named, a default there', noClass, facts([], [older, standard, late]), 'take class standard'],
  ['no class named, none there', noClass, facts([volumeOf('v')], [late]), 'bind v'],
  ['a class that makes volumes', claimOf('c', { storageClassName: 'standard' }), facts([], [standard]), awaited('volume.peapod.dev')],
  [
    'a class with a volume left',
    claimOf('c', { storageClassName: 'standard' }),
    facts([volumeOf('v', { storageClassName: 'standard' })], [standard]),
    'bind v',
  ],
  [
    'a class nobody knows',
    claimOf('c', { storageClassName: 'x' }),
    facts(),
    'wait Warning ProvisioningFailed: storageclass.storage.k8s.io "x" not found',
  ],
  [
    'a class that makes none',
    claimOf('c', { storageClassName: 'local' }),
    facts([], [classOf('local', { provisioner: 'kubernetes.io/no-provisioner' })]),
    'wait Warning ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner',
  ],
  [
    'first a pod',
    claimOf('c', { storageClassName: 'late' }),
    facts([volumeOf('v', { storageClassName: 'late' })], [late]),
    'wait Normal WaitForFirstConsumer: waiting for first consumer to be created before binding',
  ],
  [
    'then its node',
    claimOf('c', { storageClassName: 'late' }),
    facts([], [late], ['web']),
    'wait Normal WaitForPodScheduled: waiting for pod web to be scheduled',
  ],
  ['then a volume', annotated('c', { storageClassName: 'late' }, selectedNode), facts([], [late]), awaited('volume.peapod.dev')],
  ['the volume named is not there', claimOf('c', { volumeName: 'v' }), facts(), 'wait'],
  ['the volume named is free', claimOf('c', { volumeName: 'v' }), facts([volumeOf('v')]), 'bind v'],
  [
    'it is too small',
    claimOf('c', { volumeName: 'v' }),
    facts([volumeOf('v', { capacity: { storage: '1Mi' } })]),
    'wait Warning VolumeMismatch: Cannot bind to requested volume "v": requested PV is too small',
  ],
  [
    'it names the claim too',
    claimOf('c', { volumeName: 'v' }),
    facts([volumeOf('v', { claimRef: { namespace: 'default', name: 'c' } })]),
    'bind v',
  ],
  [
    'it is another claim’s',
    claimOf('c', { volumeName: 'v' }),
    facts([volumeOf('v', { claimRef: other })]),
    'wait Warning FailedBinding: volume "v" already bound to a different claim.',
  ],
  ['what goes is not bound', claimOf('c', {}, { deletionTimestamp: 't' }), facts([volumeOf('v')]), 'nothing'],
  ['bound, and all is well', bound({ volumeName: 'v' }), facts([volumeOf('v', { claimRef: ref })]), 'bind v'],
  ['bound, but the volume does not say so', bound({ volumeName: 'v' }), facts([volumeOf('v')]), 'bind v'],
  [
    'bound, but the volume has gone',
    bound({ volumeName: 'v' }),
    facts(),
    'lose Warning ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!',
  ],
  [
    'bound, to nothing',
    bound({}),
    facts(),
    'lose Warning ClaimLost: Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
  ],
  [
    'bound, to what is another’s',
    bound({ volumeName: 'v' }),
    facts([volumeOf('v', { claimRef: other })]),
    'lose Warning ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly',
  ],
];
test.each(cases)('%s', (_, claim, known, want) => expect(shown(planClaim(claim, known))).toBe(want));

test('two of our own bindings that contradict each other are a fault', () => {
  const claim = annotated('c', { volumeName: 'v' }, boundByController);
  expect(() => planClaim(claim, facts([volumeOf('v', { claimRef: other })]))).toThrow(
    'volume v of claim default/c is bound to default/other',
  );
});
