import { type core, persistentVolume, persistentVolumeClaim, pod, storageClass } from '../../kinds/index.ts';
import { seconds } from '../../lib/clock.ts';
import { keyOf } from '../../meta/owner.ts';
import type { KubeObject } from '../../meta/types.ts';
import { claimKeysOf, claimNamesOf } from '../pod-claims.ts';
import { perRun } from '../per-run.ts';
import { type Controller, type ControllerContext, done } from '../run.ts';
import { bind } from './bind.ts';
import { type ClaimFacts, planClaim, type Told } from './plan-claim.ts';
import { type Claim, provisioner, provisionerBeta } from './vocabulary.ts';

const tellEvery = seconds(15);
const lastTold = perRun(() => new Map<string, { message: string; at: number }>());

const openClaims = (_: KubeObject, { informers }: ControllerContext): string[] =>
  informers
    .of(persistentVolumeClaim)
    .list()
    .filter((it) => it.status?.phase !== 'Bound')
    .map(keyOf);

/** Binds claims to volumes, there or to be made. */
export const claimBinder: Controller = {
  name: 'persistentvolume',
  for: persistentVolumeClaim,
  also: [
    {
      kind: persistentVolume,
      keys: (object, context) => {
        const { claimRef } = (object as core.PersistentVolume).spec;
        return claimRef ? [`${claimRef.namespace}/${claimRef.name}`] : openClaims(object, context);
      },
    },
    { kind: storageClass, keys: openClaims },
    // Says to what a claim waits for: only pods that have no node are told of.
    { kind: pod, keys: (object) => ((object as core.Pod).spec.nodeName ? [] : claimKeysOf(object as core.Pod)) },
  ],
  async reconcile(key, context) {
    const { client, clock, informers, recorder } = context;
    const claim = informers.of(persistentVolumeClaim).get(key);
    if (!claim) {
      lastTold(context).delete(key);
      return done;
    }
    const plan = planClaim(claim, factsOf(claim, context));
    switch (plan.do) {
      case 'nothing':
        break;
      case 'bind':
        await bind(plan.volume, claim, client, clock.now());
        break;
      case 'take class':
        await client.change(persistentVolumeClaim, claim, (draft) => {
          draft.spec.storageClassName = plan.name;
        });
        break;
      case 'lose': {
        if (claim.status?.phase === 'Lost') break;
        await setClaimPhase(claim, 'Lost', client);
        recorder.record(claim, plan.tell.type, plan.tell.reason, plan.tell.message);
        break;
      }
      case 'provision':
        await client.change(persistentVolumeClaim, claim, ({ metadata }) => {
          metadata.annotations = { ...metadata.annotations, [provisioner]: plan.provisioner, [provisionerBeta]: plan.provisioner };
        });
        tell(claim, plan.tell, context);
        break;
      case 'wait':
        await setClaimPhase(claim, 'Pending', client);
        if (plan.tell) tell(claim, plan.tell, context);
        break;
    }
    return done;
  },
};

/** What a claim waits for is told once, and again when it is looked at later; upstream looks every 15 seconds. */
function tell(claim: Claim, told: Told, context: ControllerContext): void {
  const last = lastTold(context);
  const key = keyOf(claim);
  const before = last.get(key);
  const now = context.clock.now();
  if (before?.message === told.message && now - before.at < tellEvery) return;
  last.set(key, { message: told.message, at: now });
  context.recorder.record(claim, told.type, told.reason, told.message);
}

function factsOf({ metadata }: Claim, { informers }: ControllerContext): ClaimFacts {
  const volumes = informers.of(persistentVolume);
  return {
    volume: volumes.get,
    volumes: volumes.list,
    classes: informers.of(storageClass).list,
    waitingPods: () =>
      informers
        .of(pod)
        .inNamespace(metadata.namespace ?? '')
        .filter((it) => !it.spec.nodeName && claimNamesOf(it).includes(metadata.name))
        .map((it) => it.metadata.name),
  };
}

const setClaimPhase = (claim: Claim, phase: 'Pending' | 'Lost', client: ControllerContext['client']): Promise<Claim | undefined> =>
  client.changeStatus(persistentVolumeClaim, claim, (draft) => {
    const { accessModes: _, capacity: __, ...rest } = draft.status ?? {};
    draft.status = { ...rest, phase };
  });
