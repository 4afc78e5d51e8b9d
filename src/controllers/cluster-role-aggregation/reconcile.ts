import { clusterRole, type rbac } from '../../kinds/index.ts';
import { deepEqual } from '../../meta/copy.ts';
import { matchesSelector } from '../../meta/selector.ts';
import { type Controller, done } from '../run.ts';

/** Roles that are the sum of others: `view`, `edit`, `admin`, and whoever asks for it (clusterroleaggregation). */
export const clusterRoleAggregation: Controller = {
  name: 'cluster-role-aggregation',
  for: clusterRole,
  also: [
    {
      kind: clusterRole,
      keys: (_, { informers }) =>
        informers
          .of(clusterRole)
          .list()
          .filter((it) => it.aggregationRule)
          .map((it) => it.metadata.name),
    },
  ],
  async reconcile(name, { client, informers }) {
    const all = informers.of(clusterRole);
    const it = all.get(name);
    if (!it?.aggregationRule) return done;
    const rules = sumOf(it, all.list());
    if (!deepEqual(rules, it.rules ?? [])) {
      await client.change(clusterRole, it, (draft) => {
        draft.rules = rules;
      });
    }
    return done;
  },
};

/** The rules of all roles that are selected, by name, each once. */
export function sumOf({ metadata, aggregationRule }: rbac.ClusterRole, all: readonly rbac.ClusterRole[]): rbac.PolicyRule[] {
  const sum: rbac.PolicyRule[] = [];
  const byName = [...all].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const selector of aggregationRule?.clusterRoleSelectors ?? []) {
    for (const it of byName) {
      if (it.metadata.name === metadata.name || !matchesSelector(selector, it.metadata.labels)) continue;
      for (const rule of it.rules ?? []) if (!sum.some((one) => deepEqual(one, rule))) sum.push(rule);
    }
  }
  return sum;
}
