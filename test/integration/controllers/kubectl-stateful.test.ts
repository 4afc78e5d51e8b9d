import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../../src/client/index.ts';
import { daemonSets } from '../../../src/controllers/daemonset/reconcile.ts';
import { garbageCollector } from '../../../src/controllers/garbage-collector/reconcile.ts';
import { replicationControllers } from '../../../src/controllers/replicationcontroller/reconcile.ts';
import { statefulSets } from '../../../src/controllers/statefulset/reconcile.ts';
import { pod } from '../../../src/kinds/index.ts';
import { type KubectlPlane, openKubectlPlane, seen } from '../../fixtures/controllers/kubectl-plane.ts';
import { kubectlsOf } from '../../fixtures/kubectl.ts';
import { skipWithout } from '../../fixtures/skip-without-kubectl.ts';

let plane: KubectlPlane;
let client: Client;
beforeAll(async () => {
  plane = await openKubectlPlane([statefulSets, daemonSets, replicationControllers, garbageCollector]);
  ({ client } = plane);
});
afterAll(() => plane.close());

const pods = (app: string) => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'app', image: 'nginx:1' }] } });
const manifests = {
  sts: {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: { replicas: 3, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: pods('db') },
  },
  ds: {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent' },
    spec: { selector: { matchLabels: { app: 'agent' } }, template: pods('agent') },
  },
  rc: { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'old' }, spec: { replicas: 2, template: pods('old') } },
};

const all = kubectlsOf('rollouts of sets', ['1.20', '1.27', '1.30', '1.33']);
skipWithout(all);

describe.each(all.map((it) => [it.version, it.path]))('kubectl %s', (version, path) => {
  const where = `sets-v${version.replaceAll('.', '-')}`;
  let kubectl: (line: string, input?: string) => Promise<string>;
  beforeAll(async () => {
    kubectl = await plane.kubectlIn(where, path);
  });
  const podsOf = async (app: string) => (await client.list(pod, { namespace: where, labelSelector: `app=${app}` })).items;
  const imageOf = (what: string) => kubectl(`get ${what} -o jsonpath={.spec.template.spec.containers[0].image}`);
  const rolledOut = (what: string) => kubectl(`rollout status ${what} --timeout=20s`);
  const revisions = async (what: string): Promise<string[]> =>
    (await kubectl(`rollout history ${what}`))
      .trim()
      .split('\n')
      .slice(1)
      .map((it) => it.split(/\s+/)[0] as string);

  test.each([
    ['statefulset/db', manifests.sts, 'db', /partitioned roll out complete: 3 new pods|rolling update complete 3 pods at revision db-/],
    ['daemonset/agent', manifests.ds, 'agent', /daemon set "agent" successfully rolled out/],
  ])('rolls %s out, looks back, undoes and restarts', async (what, manifest, app, complete) => {
    await kubectl('apply -f -', JSON.stringify(manifest));
    expect(await rolledOut(what)).toMatch(complete);
    await kubectl(`annotate ${what} kubernetes.io/change-cause=two`);
    await kubectl(`set image ${what} app=nginx:2`);
    expect(await rolledOut(what)).toMatch(complete);
    await kubectl(`set image ${what} app=nginx:3`);
    await rolledOut(what);
    expect(await revisions(what)).toEqual(['REVISION', '1', '2', '3']);
    expect(await kubectl(`rollout history ${what}`)).toMatch(/3\s+two/);
    expect(await kubectl(`rollout history ${what} --revision=1`)).toContain('nginx:1');
    await kubectl(`rollout undo ${what}`);
    await rolledOut(what);
    expect(await imageOf(what)).toBe('nginx:2');
    expect(await kubectl(`rollout undo ${what} --to-revision=1`)).toContain('rolled back');
    await rolledOut(what);
    expect(await imageOf(what)).toBe('nginx:1');
    expect(await revisions(what)).toEqual(['REVISION', '3', '4', '5']);
    // Up to 1.33 kubectl writes a null creationTimestamp into what it compares, so it sees a difference; it makes none.
    expect(await kubectl(`rollout undo ${what} --to-revision=5`)).toMatch(/rolled back|skipped rollback/);
    expect(await revisions(what)).toEqual(['REVISION', '3', '4', '5']);
    const before = (await podsOf(app)).map((it) => it.metadata.uid);
    await kubectl(`rollout restart ${what}`);
    await rolledOut(what);
    expect((await podsOf(app)).some((it) => before.includes(it.metadata.uid) && !it.metadata.deletionTimestamp)).toBe(false);
    expect(await kubectl('get controllerrevisions')).toMatch(new RegExp(`${app}-\\S+\\s+${what.split('/')[0]}\\.apps/${app}\\s+6\\s`));
  });

  test('shows them', async () => {
    expect(await kubectl('get sts db')).toMatch(/NAME\s+READY\s+AGE\s*\ndb\s+3\/3\s/);
    expect(await kubectl('get sts db -o wide')).toMatch(/NAME\s+READY\s+AGE\s+CONTAINERS\s+IMAGES\s*\ndb\s+3\/3\s+\S+\s+app\s+nginx:1/);
    expect(await kubectl('get ds agent')).toMatch(
      /NAME\s+DESIRED\s+CURRENT\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+NODE SELECTOR\s+AGE\s*\nagent\s+1\s+1\s+1\s+1\s+1\s+<none>\s/,
    );
    const db = await seen('the events', async () => {
      const text = await kubectl('describe sts db');
      return text.includes('delete Pod db-0 in StatefulSet db successful') && text;
    });
    expect(db).toMatch(/Replicas:\s+3 desired \| 3 total/);
    expect(db).toMatch(/Update Strategy:\s+RollingUpdate\s+Partition:\s+0/);
    expect(db).toMatch(/Pods Status:\s+3 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed/);
    expect(db).toMatch(/SuccessfulCreate\s+.*statefulset-controller\s+create Pod db-0 in StatefulSet db successful/);
    const agent = await kubectl('describe ds agent');
    expect(agent).toMatch(/Desired Number of Nodes Scheduled: 1/);
    expect(agent).toMatch(/Number of Nodes Scheduled with Available Pods: 1/);
    expect(agent).toMatch(/deprecated.daemonset.template.generation: \d/);
    expect(agent).toMatch(/SuccessfulCreate\s+.*daemonset-controller\s+Created pod: agent-/);
    expect(await kubectl('get pods -l app=db')).toMatch(/db-0\s[\s\S]*db-1\s[\s\S]*db-2\s/);
  });

  test('scales a stateful set, and a replication controller', async () => {
    await kubectl('scale sts db --replicas=1');
    await seen('one', async () => (await podsOf('db')).map((it) => it.metadata.name).join() === 'db-0');
    expect(await kubectl('get sts db -o jsonpath={.status.replicas}')).toBe('1');
    await kubectl('apply -f -', JSON.stringify(manifests.rc));
    await seen('two', async () => (await kubectl('get rc old -o jsonpath={.status.readyReplicas}')) === '2');
    expect(await kubectl('get rc old -o jsonpath={.spec.selector}{.metadata.labels}')).toBe('{"app":"old"}{"app":"old"}');
    await kubectl('scale rc old --replicas=3');
    await seen('three', async () => (await kubectl('get rc old -o jsonpath={.status.availableReplicas}')) === '3');
    expect(await kubectl('get rc old -o wide')).toMatch(
      /NAME\s+DESIRED\s+CURRENT\s+READY\s+AGE\s+CONTAINERS\s+IMAGES\s+SELECTOR\s*\nold\s+3\s+3\s+3\s+\S+\s+app\s+nginx:1\s+app=old/,
    );
    expect(await kubectl('describe rc old')).toMatch(/SuccessfulCreate\s+.*replication-controller\s+Created pod: old-/);
    await kubectl('delete sts,ds,rc --all --wait=true --timeout=20s');
    await seen('all gone', async () => (await client.list(pod, { namespace: where })).items.length === 0);
    await seen('no history', async () => (await kubectl('get controllerrevisions -o name')) === '');
  });
});
