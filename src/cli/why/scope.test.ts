import { expect, test } from 'vitest';
import { deployment, ended, factsOf, object, podWith, replicaSet, waiting } from '../../../test/fixtures/cli/facts.ts';
import type { apps, batch, core } from '../../kinds/index.ts';
import { explain } from './explain.ts';
import { scopeOf } from './scope.ts';

const revision = (n: number) => ({ annotations: { 'deployment.kubernetes.io/revision': String(n) } });
const setOf = (name: string, n: number): apps.ReplicaSet =>
  replicaSet({ metadata: { name, uid: `uid-${name}`, ...revision(n) }, spec: { replicas: 1 } });
const podOf = (set: string, status: object = {}): core.Pod =>
  podWith(status as Record<string, unknown>, {
    metadata: {
      name: `${set}-a`,
      uid: `uid-${set}-a`,
      ownerReferences: [{ kind: 'ReplicaSet', name: set, uid: `uid-${set}`, controller: true }],
    },
  });
const crashing = { ...waiting('CrashLoopBackOff'), lastState: ended(1), restartCount: 5 };
const seen = {
  replicaSets: [setOf('old', 1), setOf('new', 2)],
  pods: [podOf('old', crashing), podOf('new', waiting('ContainerCreating'))],
};

test('of a Deployment the newest revision counts', () => {
  const web = deployment({ metadata: { generation: 2 }, status: { observedGeneration: 2 } });
  const facts = factsOf({ deployments: [web], ...seen });
  expect(scopeOf(facts, web).pods.map(({ metadata }) => metadata.name)).toEqual(['new-a']);
  expect(explain(facts, web).state).toMatchObject({ is: 'coming' });
});

test('before the controller has seen the newest wish nothing that is there counts', () => {
  const web = deployment({ metadata: { generation: 3 }, status: { observedGeneration: 2 } });
  expect(scopeOf(factsOf({ deployments: [web], ...seen }), web).pods).toEqual([]);
});

test('failures of a Job that another pod has completed are forgiven', () => {
  const job = (type: string): batch.Job => object('Job', 'work', { status: { conditions: [{ type, status: 'True' }] } });
  const pod = podWith(
    { state: ended(1) },
    {
      metadata: { ownerReferences: [{ kind: 'Job', name: 'work', uid: 'uid-work', controller: true }] },
      spec: { nodeName: 'here', restartPolicy: 'Never', containers: [{ name: 'app' }] },
    },
  );
  const stateAfter = (it: batch.Job) => explain(factsOf({ jobs: [it], pods: [pod] }), it).state.is;
  expect(stateAfter(job('Complete'))).toBe('well');
  expect(stateAfter(job('Failed'))).toBe('wrong');
});

test('a container has one cause: its later echoes are not told', () => {
  const killed = { ...waiting('CrashLoopBackOff'), lastState: ended(137, 'OOMKilled'), restartCount: 3 };
  const pod = podWith(killed);
  expect(explain(factsOf({ pods: [pod] }), pod).findings.map(({ cause }) => cause)).toEqual(['out of memory']);
});

test('the chain leads from the topmost owner to the container', () => {
  const web = deployment({
    metadata: { managedFields: [{ manager: 'kubectl', operation: 'Apply', time: '2026-11-24T09:59:00Z', fieldsV1: {} }] },
  });
  const pod = podOf('new', crashing);
  const chain = explain(factsOf({ deployments: [web], replicaSets: [setOf('new', 1)], pods: [pod] }), pod).chain;
  expect(chain.map(({ what }) => what)).toEqual(['deployment/web', 'replicaset/new', 'pod/new-a', 'container app']);
  expect(chain[0]?.says[0]).toBe('made by kubectl 60m ago');
  expect(chain[1]?.says[0]).toBe('made for deployment/web 60m ago');
});
