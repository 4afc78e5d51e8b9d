import type { apps } from '../../../kinds/index.ts';
import { isPodReady } from '../../../kinds/index.ts';
import { controllerOf } from '../../../meta/owner.ts';
import type { Cause } from '../finding.ts';
import { commandFor } from '../words.ts';

/** A StatefulSet waits for a pod of its older revision that will never be ready, and so does not replace it. */
export const olderRevision: Cause = {
  name: 'older revision',
  find: ({ workloads, pods }) =>
    pods.flatMap((pod) => {
      const set = workloads.find((it) => it.kind === 'StatefulSet' && it.metadata.uid === controllerOf(pod)?.uid) as
        | apps.StatefulSet
        | undefined;
      const newest = set?.status?.updateRevision;
      const revision = pod.metadata.labels?.['controller-revision-hash'];
      if (!set || !newest || !revision || revision === newest || isPodReady(pod)) return [];
      if (set.spec?.podManagementPolicy === 'Parallel' || set.spec?.updateStrategy?.type === 'OnDelete') return [];
      return [
        {
          says: `pod/${pod.metadata.name} is of an older revision of statefulset/${set.metadata.name} and not ready: the set waits for it, and gives it the newest revision only when it is`,
          about: pod,
          advice: [{ command: commandFor('delete', pod), to: 'let it be made anew, by the newest revision' }],
          patience: 30_000,
        },
      ];
    }),
};
