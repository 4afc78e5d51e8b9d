import { endpointSlice, endpoints, service } from '../../kinds/index.ts';
import { keyOf, splitKey } from '../../meta/owner.ts';
import { applySlices } from '../endpointslice/apply.ts';
import { managedBy, serviceNameLabel } from '../endpointslice/plan.ts';
import { type Controller, done } from '../run.ts';
import { controllerName, isMirrored, planMirror } from './plan.ts';

/** Copies Endpoints that people write into EndpointSlices, which alone lead the traffic. */
export const mirroredEndpoints: Controller = {
  name: 'endpoint-slice-mirroring',
  for: endpoints,
  also: [
    { kind: service, keys: (it) => [keyOf(it)] },
    {
      kind: endpointSlice,
      keys: ({ metadata }) => {
        const name = metadata.labels?.[managedBy] === controllerName && metadata.labels[serviceNameLabel];
        return name ? [`${metadata.namespace}/${name}`] : [];
      },
    },
  ],
  async reconcile(key, { client, informers }) {
    const { namespace = '', name } = splitKey(key);
    const found = informers.of(endpoints).get(key);
    const wanted = isMirrored(found, informers.of(service).get(key)) ? found : undefined;
    const cached = informers
      .of(endpointSlice)
      .inNamespace(namespace)
      .filter(({ metadata }) => metadata.labels?.[serviceNameLabel] === name && metadata.labels[managedBy] === controllerName);
    let plan = planMirror(wanted, cached);
    if (plan.create.length > 0) {
      // As with the slices of pods: only the API knows for sure that one is missing.
      const labelSelector = `${serviceNameLabel}=${name},${managedBy}=${controllerName}`;
      plan = planMirror(wanted, (await client.list(endpointSlice, { namespace, labelSelector })).items);
    }
    await applySlices(plan, wanted?.metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time'], client);
    return done;
  },
};
