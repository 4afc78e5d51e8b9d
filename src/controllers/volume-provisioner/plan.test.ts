import { expect, test } from 'vitest';
import { claimOf, classOf, nodeOf } from '../../../test/fixtures/controllers/objects.ts';
import type { core } from '../../kinds/index.ts';
import type { Claim, StorageClass } from '../volume-binder/vocabulary.ts';
import { type Facts, type ProvisionPlan, planProvision } from './plan.ts';

const facts = (classes: StorageClass[], nodes: core.Node[] = [nodeOf('n2'), nodeOf('n1')], volumes: string[] = []): Facts => ({
  cluster: 'test',
  class: (name) => classes.find((it) => it.metadata.name === name),
  node: (name) => nodes.find((it) => it.metadata.name === name),
  nodes: () => nodes,
  hasVolume: (name) => volumes.includes(name),
});
const claim = (spec: Partial<Claim['spec']> = {}, annotations: Record<string, string> = {}, more = {}): Claim =>
  claimOf(
    'c',
    { storageClassName: 's', ...spec },
    { annotations: { 'volume.kubernetes.io/storage-provisioner': 'volume.peapod.dev', ...annotations }, ...more },
  );
const now = classOf('s');
const late = classOf('s', { volumeBindingMode: 'WaitForFirstConsumer' });
const selected = (node: string) => ({ 'volume.kubernetes.io/selected-node': node });
const shown = (plan: ProvisionPlan): string => {
  if (plan.do !== 'create') return 'message' in plan ? `${plan.do}: ${plan.message}` : plan.do;
  const values = plan.volume.spec.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions?.[0]?.values;
  return `create ${plan.volume.metadata.name} on ${values}`;
};

const cases: Array<[name: string, claim: Claim, facts: Facts, want: string]> = [
  [
    'at once, on the first node that is ready',
    claim(),
    facts([now], [nodeOf('n3'), nodeOf('n2'), nodeOf('n1', 'False'), nodeOf('n0', 'True', { unschedulable: true })]),
    'create pvc-uid-c on n2',
  ],
  ['no node is ready', claim(), facts([now], []), 'fail: no node is ready to hold the volume'],
  ['there already', claim(), facts([now], undefined, ['pvc-uid-c']), 'nothing'],
  ['not asked for yet', claimOf('c', { storageClassName: 's' }), facts([now]), 'nothing'],
  ['asked of another', claim({}, { 'volume.kubernetes.io/storage-provisioner': 'x' }), facts([now]), 'nothing'],
  ['of the class of another', claim(), facts([classOf('s', { provisioner: 'x' })]), 'nothing'],
  ['bound', claim({ volumeName: 'v' }), facts([now]), 'nothing'],
  ['on its way out', claim({}, {}, { deletionTimestamp: 't' }), facts([now]), 'nothing'],
  ['waits for a pod', claim(), facts([late]), 'nothing'],
  ['where the pod goes', claim({}, selected('n2')), facts([late]), 'create pvc-uid-c on n2'],
  ['where a node was', claim({}, selected('n9')), facts([late]), 'reschedule: node "n9" not found'],
  ['as a device', claim({ volumeMode: 'Block' }), facts([now]), 'fail: volumes of mode Block are not supported'],
  ['with a selector', claim({ selector: {} }), facts([now]), 'fail: claim Selector is not supported'],
];
test.each(cases)('%s', (_, it, known, want) => expect(shown(planProvision(it, known))).toBe(want));

test('a volume that is to be kept has nothing that waits for its data to be removed', () => {
  const plan = planProvision(claim(), facts([classOf('s', { reclaimPolicy: 'Retain' })]));
  expect(plan).toMatchObject({ do: 'create', volume: { spec: { persistentVolumeReclaimPolicy: 'Retain', storageClassName: 's' } } });
  expect(plan.do === 'create' && plan.volume.metadata.finalizers).toBeUndefined();
});
