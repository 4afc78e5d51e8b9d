import { describe, expect, test } from 'vitest';
import { deepCopy } from '../../meta/copy.ts';
import type { DaemonSet, RollingUpdateDaemonSet } from '../generated/apps-v1.ts';
import { daemonSet } from './daemon-set.ts';

const made = (change: (it: DaemonSet) => void = () => undefined): DaemonSet => {
  const it = {
    metadata: { name: 'agent', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: { metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'app', image: 'agent:1' }] } },
    },
  } as unknown as DaemonSet;
  change(it);
  daemonSet.defaults?.(it);
  return it;
};
const faults = (it: DaemonSet, was?: DaemonSet): string[] =>
  (daemonSet.validate?.(it, was) ?? []).map(({ path, message }) => `${path}: ${message}`);

test('what is left out is as upstream has it', () => {
  const { template: _t, selector: _s, ...spec } = made().spec;
  expect(spec).toEqual({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    revisionHistoryLimit: 10,
  });
});

describe('faults of a rolling update', () => {
  const cases: Array<[rolling: RollingUpdateDaemonSet, fault: string]> = [
    [{ maxUnavailable: 0 }, 'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
    [{ maxUnavailable: '0%' }, 'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
    [{ maxSurge: 1 }, 'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
    [{ maxUnavailable: '200%' }, 'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "200%": must not be greater than 100%'],
    [{ maxUnavailable: -1 }, 'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: -1: must be greater than or equal to 0'],
  ];
  test.each(cases)('%j', (rolling, fault) => {
    const it = made((draft) => {
      draft.spec.updateStrategy = { type: 'RollingUpdate', rollingUpdate: rolling };
    });
    expect(faults(it)).toEqual([fault]);
  });
});

test('what cannot be, or stay', () => {
  const was = made();
  expect(faults(was, was)).toEqual([]);
  const now = deepCopy(was);
  now.spec.selector = { matchLabels: { app: 'agent', tier: 'node' } };
  now.spec.template.metadata = { labels: { app: 'agent', tier: 'node' } } as never;
  expect(faults(now, was)).toEqual(['spec.selector: Invalid value: {"matchLabels":{"app":"agent","tier":"node"}}: field is immutable']);
  const strange = made((it) => Object.assign(it.spec, { updateStrategy: { type: 'Recreate' } }));
  expect(faults(strange)).toEqual([
    'spec.updateStrategy: Unsupported value: {"Type":"Recreate","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
  ]);
});

test('changes of the template are counted, as clients of long ago expect', () => {
  const key = 'deprecated.daemonset.template.generation';
  const it = made();
  daemonSet.prepareCreate?.(it);
  expect(it.metadata.annotations).toEqual({ [key]: '1' });
  const same = deepCopy(it);
  delete same.metadata.annotations;
  daemonSet.prepareUpdate?.(same, it);
  expect(same.metadata.annotations).toEqual({ [key]: '1' });
  const other = deepCopy(it);
  other.spec.template.spec!.containers[0]!.image = 'agent:2';
  daemonSet.prepareUpdate?.(other, it);
  expect(other.metadata.annotations).toEqual({ [key]: '2' });
});

test('columns', () => {
  const it = made((draft) => {
    draft.spec.template.spec!.nodeSelector = { os: 'linux', disk: 'fast' };
  });
  it.status = {
    desiredNumberScheduled: 3,
    currentNumberScheduled: 2,
    numberReady: 1,
    numberMisscheduled: 0,
    updatedNumberScheduled: 2,
    numberAvailable: 1,
  };
  expect(daemonSet.columns?.map((one) => `${one.name} ${one.value(it, 0)}`)).toEqual([
    'Desired 3',
    'Current 2',
    'Ready 1',
    'Up-to-date 2',
    'Available 1',
    'Node Selector disk=fast,os=linux',
    'Containers app',
    'Images agent:1',
    'Selector app=agent',
  ]);
});
