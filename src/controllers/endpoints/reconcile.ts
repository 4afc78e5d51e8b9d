import { type core, endpoints, service } from '../../kinds/index.ts';
import { keyOf, splitKey } from '../../meta/owner.ts';
import { isReason } from '../../meta/status-error.ts';
import { isNamespaceGoing } from '../namespace-going.ts';
import { perRun } from '../per-run.ts';
import { type Controller, done } from '../run.ts';
import { hasSelector, podsOf, podsTrigger } from '../service-pods.ts';
import { createTriggerTimes } from '../trigger-time.ts';
import { controllerName, managedBy, planEndpoints } from './plan.ts';

const triggerTimes = perRun(createTriggerTimes);

/** Shows in an Endpoints object, of the Service's name, which pods stand behind it. Services without selector are left alone. */
export const endpointsOfServices: Controller = {
  name: 'endpoint',
  for: service,
  also: [podsTrigger, { kind: endpoints, keys: (it) => (it.metadata.labels?.[managedBy] === controllerName ? [keyOf(it)] : []) }],
  async reconcile(key, context) {
    const { client, informers, recorder } = context;
    const it = informers.of(service).get(key);
    const was = informers.of(endpoints).get(key);
    if (!it) {
      triggerTimes(context).forget(key);
      const { namespace = '', name } = splitKey(key);
      if (was) await client.delete(endpoints, { namespace, name }, { preconditions: { uid: was.metadata.uid } });
      return done;
    }
    if (it.spec.type === 'ExternalName' || !hasSelector(it)) return done;
    const pods = podsOf(it, context);
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
