import { type core, isPodReady, resolvePort } from '../../../kinds/index.ts';
import type { Cause, Finding } from '../finding.ts';
import { podsOf } from '../owners.ts';
import type { Scope } from '../scope.ts';
import { commandFor, inNamespace } from '../words.ts';

/** A Service leads nowhere, whatever its pods do: it selects none, or asks for a port that none of them has. */
export const endpoints: Cause = {
  name: 'endpoints',
  find: (scope) => scope.services.flatMap((it) => findingOf(scope, it)),
};

/** Pods that are meant are there, and none is ready: why not, when it is known, stands before this. */
export const unreadyEndpoints: Cause = {
  name: 'unready endpoints',
  find: ({ services, facts }) =>
    services.flatMap((it) => {
      const pods = podsOf(facts, it);
      if (pods.length === 0 || pods.some(isPodReady) || it.spec?.publishNotReadyAddresses) return [];
      const none = pods.length === 1 ? 'its one pod is not ready' : `none of its ${pods.length} pods is ready`;
      return [{ says: `service/${it.metadata.name} has no endpoints: ${none}`, about: it }];
    }),
};

function findingOf({ facts }: Scope, it: core.Service): Finding[] {
  const selector = it.spec?.selector ?? {};
  if (it.spec?.type === 'ExternalName' || Object.keys(selector).length === 0) return [];
  const title = `service/${it.metadata.name}`;
  const labels = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const at = inNamespace(it.metadata.namespace);
  const pods = podsOf(facts, it);
  if (pods.length === 0)
    return [
      {
        says: `${title} has no endpoints: its selector ${labels} matches no pod in namespace ${it.metadata.namespace}`,
        about: it,
        notes: nearLabels(
          facts.pods.filter(({ metadata }) => metadata.namespace === it.metadata.namespace),
          selector,
        ),
        advice: [
          { command: `peapod get pods --show-labels${at}`, to: 'compare with the labels that pods have' },
          { command: commandFor('set selector', it, '<key>=<value>'), to: 'let it select other pods' },
        ],
        patience: 20_000,
      },
    ];
  const wrong = (it.spec?.ports ?? []).filter(
    ({ targetPort, protocol }) =>
      typeof targetPort === 'string' && pods.every((pod) => resolvePort(pod, targetPort, protocol) === undefined),
  );
  const named = pods.flatMap(({ spec }) =>
    spec.containers.flatMap(({ ports }) => (ports ?? []).flatMap(({ name }) => (name ? [name] : []))),
  );
  if (wrong.length > 0)
    return [
      {
        says: `${title} has no endpoints at port ${wrong[0]?.port}: its targetPort "${wrong[0]?.targetPort}" is the name of no container port of its pods`,
        about: it,
        notes: [named.length > 0 ? `their ports are called ${[...new Set(named)].join(', ')}` : 'their ports have no names'],
        advice: [{ command: commandFor('edit', it), to: 'name a port that the pods have, or its number' }],
        patience: 20_000,
      },
    ];
  return [];
}

/** Pods that share a key, or have the value under another key. */
function nearLabels(pods: readonly core.Pod[], selector: Readonly<Record<string, string>>): string[] {
  const near = pods.filter(({ metadata }) =>
    Object.entries(metadata.labels ?? {}).some(([key, value]) => key in selector || Object.values(selector).includes(value)),
  );
  return near.slice(0, 3).map(
    ({ metadata }) =>
      `pod/${metadata.name} has ${Object.entries(metadata.labels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(',')}`,
  );
}
