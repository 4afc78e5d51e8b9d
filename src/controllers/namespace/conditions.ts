import type { core } from '../../kinds/index.ts';
import { withCondition } from '../../meta/condition.ts';

/** What was found in a namespace that goes. Counts are by `pods.` and `deployments.apps`, and by finalizer. */
export type Found = { remaining: ReadonlyMap<string, number>; finalizers: ReadonlyMap<string, number>; faults: readonly string[] };

type Condition = core.NamespaceCondition;

/** The conditions of a namespace that goes, in upstream's words (namespace/deletion, status_condition_utils.go). */
export function conditionsAfter(before: readonly Condition[] | undefined, found: Found, now: string): Condition[] {
  const wanted: Condition[] = [
    good('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    good('NamespaceDeletionGroupVersionParsingFailure', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'),
    found.faults.length > 0
      ? bad(
          'NamespaceDeletionContentFailure',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${found.faults.length} remaining: ${[...found.faults].sort().join(', ')}`,
        )
      : good('NamespaceDeletionContentFailure', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'),
    found.remaining.size > 0
      ? bad('NamespaceContentRemaining', 'SomeResourcesRemain', `Some resources are remaining: ${listed(found.remaining, 'has')}`)
      : good('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'),
    found.finalizers.size > 0
      ? bad(
          'NamespaceFinalizersRemaining',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${listed(found.finalizers, 'in')}`,
        )
      : good('NamespaceFinalizersRemaining', 'ContentRemoved', 'All content successfully removed'),
  ];
  return wanted.reduce<Condition[]>((all, it) => withCondition(all, it, now), [...(before ?? [])]);
}

const good = (type: string, reason: string, message: string): Condition => ({ type, status: 'False', reason, message });
const bad = (type: string, reason: string, message: string): Condition => ({ type, status: 'True', reason, message });

const listed = (counts: ReadonlyMap<string, number>, verb: string): string =>
  [...counts]
    .map(([what, count]) => `${what} ${verb} ${count} resource instances`)
    .sort()
    .join(', ');
