import { isReason } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { Requests } from '../connection/requests.ts';
import { findResource, listObjects, type Served } from '../resources/index.ts';
import type { Facts } from './facts.ts';
import type { LogPlace } from './finding.ts';

/** Which resources facts are made of. */
const resourcesOfFacts = {
  deployments: 'deployments.apps',
  replicaSets: 'replicasets.apps',
  statefulSets: 'statefulsets.apps',
  daemonSets: 'daemonsets.apps',
  jobs: 'jobs.batch',
  cronJobs: 'cronjobs.batch',
  pods: 'pods',
  services: 'services',
  slices: 'endpointslices.discovery.k8s.io',
  claims: 'persistentvolumeclaims',
  events: 'events',
  nodes: 'nodes',
  classes: 'storageclasses.storage.k8s.io',
} as const satisfies Record<Exclude<keyof Facts, 'now'>, string>;

/** All that there is in a namespace, read once. What this user may not see, or the server does not have, is left out. */
export async function gatherFacts(requests: Requests, served: Served, namespace: string | undefined, now: number): Promise<Facts> {
  const entries = await Promise.all(
    Object.entries(resourcesOfFacts).map(async ([name, word]) => [name, await all(requests, served, word, namespace)] as const),
  );
  return withRivals(requests, served, { now, ...Object.fromEntries(entries) } as Facts);
}

/** What keeps a pod from a node is often a pod of another namespace: when there is such a one, with the pods of all. */
export async function withRivals(requests: Requests, served: Served, facts: Facts): Promise<Facts> {
  if (facts.pods.every(({ spec }) => spec.nodeName)) return facts;
  const pods = await all(requests, served, resourcesOfFacts.pods, undefined);
  return pods.length > 0 ? { ...facts, pods: pods as unknown as Facts['pods'] } : facts;
}

async function all(requests: Requests, served: Served, word: string, namespace: string | undefined): Promise<KubeObject[]> {
  const resource = findResource(served, word);
  if (!resource) return [];
  try {
    return (await listObjects(requests, resource, resource.namespaced ? namespace : undefined)).items;
  } catch (error) {
    if (isReason(error, 'Forbidden', 'NotFound')) return [];
    throw error;
  }
}

/** The last lines that a container wrote; undefined when they are not to be had any more. */
export async function lastLines(
  requests: Requests,
  { namespace, pod, container, previous }: LogPlace,
  count: number,
): Promise<string[] | undefined> {
  try {
    const text = await requests.text({
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`,
      accept: '*/*',
      query: { container, previous: previous || undefined, tailLines: count, limitBytes: 64 * 1024 },
    });
    return text.split('\n').filter((line, i, lines) => i < lines.length - 1 || line !== '');
  } catch (error) {
    // A container that never ran has no log, and one that was removed has none any more.
    if (isReason(error, 'BadRequest', 'NotFound', 'Forbidden', 'InternalError')) return undefined;
    throw error;
  }
}
