import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimBinder } from '../../../src/controllers/volume-binder/reconcile-claim.ts';
import { volumeReclaimer } from '../../../src/controllers/volume-binder/reconcile-volume.ts';
import { claimProtection, volumeProtection } from '../../../src/controllers/volume-protection/reconcile.ts';
import { volumeProvisioner } from '../../../src/controllers/volume-provisioner/reconcile.ts';
import { type core, persistentVolume, persistentVolumeClaim, pod, type storage, storageClass } from '../../../src/kinds/index.ts';
import { type ControlPlane, createNode, createPod, startControlPlane } from '../../fixtures/controllers/control-plane.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane([claimBinder, volumeReclaimer, volumeProvisioner, claimProtection, volumeProtection], (client) =>
    createNode(client, 'n1'),
  );
});
afterEach(() => plane.close());

const createClass = (name: string, more: Partial<storage.StorageClass> = {}): Promise<storage.StorageClass> =>
  plane.client.create(storageClass, { metadata: { name }, provisioner: 'volume.peapod.dev', ...more });
const createClaim = (name: string, spec: Partial<core.PersistentVolumeClaimSpec> = {}): Promise<core.PersistentVolumeClaim> =>
  plane.client.create(persistentVolumeClaim, {
    metadata: { name, namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  });
const createVolume = (name: string, spec: Partial<core.PersistentVolumeSpec> = {}): Promise<core.PersistentVolume> =>
  plane.client.create(persistentVolume, {
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: `/mnt/${name}` }, ...spec },
  });
const claim = (name: string) => plane.client.get(persistentVolumeClaim, { namespace: 'default', name });
const volume = (name: string) => plane.client.get(persistentVolume, { name });
const bound = (name: string) =>
  plane.seen(`${name} is bound`, async () => {
    const it = await claim(name);
    return it?.status?.phase === 'Bound' && it;
  });
const phase = (name: string, want: string) => plane.seen(`${name} is ${want}`, async () => (await volume(name))?.status?.phase === want);

test('a claim of our class gets a volume of its own, and both go together', async () => {
  await createClass('standard', {
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } as never,
  });
  const { metadata } = await createClaim('data');
  const it = await bound('data');
  const name = `pvc-${metadata.uid}`;
  expect(it.spec).toMatchObject({ storageClassName: 'standard', volumeName: name });
  expect(it.status).toEqual({ phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } });
  expect(it.metadata.annotations).toEqual({
    'pv.kubernetes.io/bind-completed': 'yes',
    'pv.kubernetes.io/bound-by-controller': 'yes',
    'volume.beta.kubernetes.io/storage-provisioner': 'volume.peapod.dev',
    'volume.kubernetes.io/storage-provisioner': 'volume.peapod.dev',
  });
  const made = await volume(name);
  expect(made?.spec).toMatchObject({
    csi: { driver: 'volume.peapod.dev', volumeHandle: `peapod_test_${name}`, volumeAttributes: { cluster: 'test' } },
    claimRef: { kind: 'PersistentVolumeClaim', namespace: 'default', name: 'data', uid: metadata.uid },
    persistentVolumeReclaimPolicy: 'Delete',
  });
  expect(made?.metadata.finalizers?.sort()).toEqual(['kubernetes.io/pv-protection', 'volume.peapod.dev/docker-volume']);
  await plane.settle();
  expect(await plane.eventsOf('data')).toEqual([
    "Normal ExternalProvisioning Waiting for a volume to be created either by the external provisioner 'volume.peapod.dev' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
    'Normal Provisioning External provisioner is provisioning volume for claim "default/data"',
    `Normal ProvisioningSucceeded Successfully provisioned volume ${name}`,
  ]);

  await createPod(plane.client, 'user', { spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] } });
  await plane.client.delete(persistentVolumeClaim, { namespace: 'default', name: 'data' });
  await plane.settle();
  expect((await claim('data'))?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  await plane.client.delete(pod, { namespace: 'default', name: 'user' }, { gracePeriodSeconds: 0 });
  await plane.seen('the claim has gone', async () => !(await claim('data')));
  const going = await plane.seen('only the data holds the volume', async () => {
    const now = await volume(name);
    return now?.metadata.deletionTimestamp !== undefined && now.metadata.finalizers?.length === 1 && now;
  });
  expect([going.status?.phase, going.metadata.finalizers]).toEqual(['Released', ['volume.peapod.dev/docker-volume']]);
});

test('with WaitForFirstConsumer the volume is made for the node that the scheduler names', async () => {
  await createClass('late', { volumeBindingMode: 'WaitForFirstConsumer', reclaimPolicy: 'Retain' });
  await createClaim('data', { storageClassName: 'late' });
  await plane.settle();
  expect(await plane.eventsOf('data')).toEqual(['Normal WaitForFirstConsumer waiting for first consumer to be created before binding']);
  await plane.client.change(persistentVolumeClaim, { namespace: 'default', name: 'data' }, ({ metadata }) => {
    metadata.annotations = { ...metadata.annotations, 'volume.kubernetes.io/selected-node': 'n1' };
  });
  const { spec } = await bound('data');
  const made = await volume(spec.volumeName ?? '');
  expect(made?.metadata.finalizers).toEqual(['kubernetes.io/pv-protection']);
  expect(made?.spec.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions?.[0]?.values).toEqual(['n1']);

  await plane.client.delete(persistentVolumeClaim, { namespace: 'default', name: 'data' });
  await phase(spec.volumeName ?? '', 'Released');
  // Whoever changes his mind now has the data removed.
  await plane.client.change(persistentVolume, { name: spec.volumeName ?? '' }, (draft) => {
    draft.spec.persistentVolumeReclaimPolicy = 'Delete';
  });
  await plane.seen(
    'it goes',
    async () => (await volume(spec.volumeName ?? ''))?.metadata.finalizers?.[0] === 'volume.peapod.dev/docker-volume',
  );
});

test('claims without class take the smallest volume that will do, one each', async () => {
  await createVolume('big', { capacity: { storage: '5Gi' } });
  await createVolume('fit', { capacity: { storage: '2Gi' } });
  await createVolume('small', { capacity: { storage: '500Mi' } });
  await phase('small', 'Available');
  const names = ['a', 'b', 'c'];
  for (const name of names) await createClaim(name, { storageClassName: '' });
  await plane.seen(
    'two are bound',
    async () => (await Promise.all(names.map(claim))).filter((it) => it?.status?.phase === 'Bound').length === 2,
  );
  await plane.settle();
  const volumes = (await Promise.all(names.map(claim))).map((it) => it?.spec.volumeName ?? '').sort();
  expect(volumes).toEqual(['', 'big', 'fit']);
  const open = (await Promise.all(names.map(claim))).find((it) => it?.status?.phase === 'Pending');
  expect(await plane.eventsOf(open?.metadata.name ?? '')).toContain(
    'Normal FailedBinding no persistent volumes available for this claim and no storage class is set',
  );
  await createVolume('new');
  await bound(open?.metadata.name ?? '');
});

test('what is named is had, and lost when it goes', async () => {
  await createVolume('mine', { claimRef: { namespace: 'default', name: 'meant' } });
  await createVolume('free');
  await createClaim('meant', { storageClassName: '' });
  expect((await bound('meant')).spec.volumeName).toBe('mine');
  expect((await volume('mine'))?.metadata.annotations?.['pv.kubernetes.io/bound-by-controller']).toBeUndefined();
  await createClaim('named', { storageClassName: '', volumeName: 'free' });
  await bound('named');
  await createClaim('late', { storageClassName: '', volumeName: 'free' });
  await plane.settle();
  expect(await plane.eventsOf('late')).toEqual(['Warning FailedBinding volume "free" already bound to a different claim.']);

  await plane.client.delete(persistentVolume, { name: 'free' });
  await plane.settle();
  expect((await volume('free'))?.metadata.finalizers).toEqual(['kubernetes.io/pv-protection']);
  await plane.client.change(persistentVolume, { name: 'free' }, (draft) => {
    draft.metadata.finalizers = [];
  });
  await plane.seen('the claim is lost', async () => (await claim('named'))?.status?.phase === 'Lost');
  await plane.settle();
  expect(await plane.eventsOf('named')).toContain(
    'Warning ClaimLost Bound claim has lost its PersistentVolume. Data on the volume is lost!',
  );
  await plane.client.delete(persistentVolumeClaim, { namespace: 'default', name: 'meant' });
  await phase('mine', 'Released');
});

test('a class nobody knows is told, and waited for', async () => {
  await createClaim('data', { storageClassName: 'fast' });
  await plane.settle();
  expect(await plane.eventsOf('data')).toEqual(['Warning ProvisioningFailed storageclass.storage.k8s.io "fast" not found']);
  await createClass('fast');
  await bound('data');
});
