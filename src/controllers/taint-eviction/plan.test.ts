import { expect, test } from 'vitest';
import { podOf } from '../../../test/fixtures/controllers/objects.ts';
import type { core } from '../../kinds/index.ts';
import { evictionTime } from './plan.ts';

const taint = (key: string, at = 0, value?: string): core.Taint & { at: number } => ({
  key,
  effect: 'NoExecute',
  at,
  ...(value && { value }),
});
const tolerating = (...tolerations: core.Toleration[]): core.Pod =>
  podOf('web', { spec: { tolerations }, metadata: { creationTimestamp: '1970-01-01T00:00:00Z' } });
const since = (it: core.Taint): number => (it as core.Taint & { at: number }).at;

const cases: Array<[name: string, pod: core.Pod, taints: core.Taint[], want: number | undefined]> = [
  ['no taints', tolerating(), [], undefined],
  ['one that only keeps others away', tolerating(), [{ key: 'a', effect: 'NoSchedule' }], undefined],
  ['not tolerated: at once', tolerating(), [taint('a', 1000)], 1000],
  ['tolerated for ever', tolerating({ key: 'a', operator: 'Exists', effect: 'NoExecute' }), [taint('a')], undefined],
  ['tolerated for a while', tolerating({ key: 'a', operator: 'Exists', tolerationSeconds: 300 }), [taint('a', 1000)], 301_000],
  ['tolerated for less than no time', tolerating({ key: 'a', operator: 'Exists', tolerationSeconds: -5 }), [taint('a', 1000)], 1000],
  ['everything is tolerated', tolerating({ operator: 'Exists' }), [taint('a'), taint('b')], undefined],
  ['another value', tolerating({ key: 'a', operator: 'Equal', value: 'x' }), [taint('a', 7, 'y')], 7],
  ['the same value', tolerating({ key: 'a', value: 'y' }), [taint('a', 7, 'y')], undefined],
  ['every key with the same value', tolerating({ value: 'y' }), [taint('a', 7, 'y')], undefined],
  ['every key with another value', tolerating({ value: 'x' }), [taint('a', 7, 'y')], 7],
  ['another effect', tolerating({ key: 'a', operator: 'Exists', effect: 'NoSchedule' }), [taint('a', 7)], 7],
  [
    'of two the earlier',
    tolerating({ key: 'a', operator: 'Exists', tolerationSeconds: 10 }, { key: 'b', operator: 'Exists', tolerationSeconds: 3 }),
    [taint('a', 0), taint('b', 1000)],
    4000,
  ],
  [
    'it came when the taint was there',
    podOf('web', {
      spec: { tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 10 }] },
      status: { conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '1970-01-01T00:01:00Z' }] },
    }),
    [taint('a', 1000)],
    70_000,
  ],
  ['it goes already', podOf('web', { metadata: { deletionTimestamp: 't' } }), [taint('a')], undefined],
];
test.each(cases)('%s', (_, pod, taints, want) => expect(evictionTime(pod, taints, since)).toBe(want));
