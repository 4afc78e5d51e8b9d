import { type core, endpoints, service } from '../../kinds/index.ts';
import { seconds } from '../../lib/clock.ts';
import { keyOf, splitKey } from '../../meta/owner.ts';
import { isReason } from '../../meta/status-error.ts';
import { isNamespaceGoing } from '../namespace-going.ts';
import { createPace } from '../pace.ts';
import { perRun } from '../per-run.ts';
import { again, type Controller, done } from '../run.ts';
import { hasSelector, podsOf, podsTrigger } from '../service-pods.ts';
import { createTriggerTimes } from '../trigger-time.ts';
import { controllerName, managedBy, planEndpoints } from './plan.ts';

const triggerTimes = perRun(createTriggerTimes);
// An object with all addresses is written for each change: few need it, as traffic goes by slices.
const paces = perRun(() => createPace(1, seconds(1)));

/** Shows in an Endpoints object, of the Service's name, which pods stand behind it. Services without selector are left alone. */
export const endpointsOfServices: Controller = {
  name: 'endpoint',
  for: service,
  also: [podsTrigger, { kind: endpoints, keys: (it) => (it.metadata.labels?.[managedBy] === controllerName ? [keyOf(it)] : []) }],
  async reconcile(key, context) {
    const { client, clock, informers, recorder } = context;
    const it = informers.of(service).get(key);
    const was = informers.of(endpoints).get(key);
    if (!it) {
      triggerTimes(context).forget(key);
      paces(context).forget(key);
      const { namespace = '', name } = splitKey(key);
      if (was) await client.delete(endpoints, { namespace, name }, { preconditions: { uid: was.metadata.uid } });
      return done;
    }
    if (it.spec.type === 'ExternalName' || !hasSelector(it)) return done;
    const wait = paces(context).wait(key, clock.now());
    if (wait > 0) return again(wait);
    const pods = podsOf(it, context);
    paces(context).worked(key, pods.length, clock.now());
    const draft = planEndpoints(it, pods, was, triggerTimes(context).next(it, pods));
    if (!draft) return done;
    try {
      if (was) await client.update(endpoints, { ...was, ...draft } as core.Endpoints);
      else await client.create(endpoints, draft);
    } catch (error) {
      if (isNamespaceGoing(error)) return done;
      // The cache is behind: the news that is on its way makes this key due again, and the backoff sees to the rest.
      if (!isReason(error, 'Conflict', 'AlreadyExists')) {
        const [reason, message] = was
          ? ['FailedToUpdateEndpoint', `Failed to update endpoint ${key}: ${String(error)}`]
          : ['FailedToCreateEndpoint', `Failed to create endpoint for service ${key}: ${String(error)}`];
        recorder.record(was ?? it, 'Warning', reason as string, message as string);
      }
      throw error;
    }
    return done;
  },
};
