import { node, persistentVolume, persistentVolumeClaim, storageClass } from '../../kinds/index.ts';
import { keyOf } from '../../meta/owner.ts';
import { isReason } from '../../meta/status-error.ts';
import { type Controller, done } from '../run.ts';
import { selectedNode } from '../volume-binder/vocabulary.ts';
import { planProvision } from './plan.ts';

/**
 * Makes the PersistentVolume for a claim of a class that names us as provisioner. The Docker volume behind it is made
 * by the node, when the first pod needs it. Events are those of upstream's sig-storage-lib-external-provisioner.
 */
export const volumeProvisioner: Controller = {
  name: 'volume-provisioner',
  for: persistentVolumeClaim,
  also: [
    {
      kind: node,
      keys: (_, { informers }) =>
        informers
          .of(persistentVolumeClaim)
          .list()
          .filter((it) => it.status?.phase === 'Pending')
          .map(keyOf),
    },
  ],
  async reconcile(key, { client, config, informers, recorder }) {
    const claim = informers.of(persistentVolumeClaim).get(key);
    if (!claim) return done;
    const plan = planProvision(claim, {
      cluster: config.cluster,
      class: informers.of(storageClass).get,
      node: informers.of(node).get,
      nodes: informers.of(node).list,
      hasVolume: (name) => informers.of(persistentVolume).get(name) !== undefined,
    });
    switch (plan.do) {
      case 'nothing':
        break;
      case 'create': {
        const { name } = plan.volume.metadata;
        try {
          await client.create(persistentVolume, plan.volume);
        } catch (error) {
          // The cache has not shown yet what was made a moment ago.
          if (isReason(error, 'AlreadyExists')) return done;
          recorder.record(claim, 'Warning', 'ProvisioningFailed', failure(plan.className, String(error)));
          throw error;
        }
        recorder.record(claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim ${JSON.stringify(key)}`);
        recorder.record(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
        break;
      }
      case 'fail':
        recorder.record(claim, 'Warning', 'ProvisioningFailed', failure(plan.className, plan.message));
        break;
      case 'reschedule':
        recorder.record(claim, 'Warning', 'ProvisioningFailed', plan.message);
        await client.change(persistentVolumeClaim, claim, ({ metadata }) => {
          delete metadata.annotations?.[selectedNode];
        });
        break;
    }
    return done;
  },
};

const failure = (className: string, why: string): string =>
  `failed to provision volume with StorageClass ${JSON.stringify(className)}: ${why}`;
