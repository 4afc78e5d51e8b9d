import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../../src/client/index.ts';
import { deployments } from '../../../src/controllers/deployment/reconcile.ts';
import { garbageCollector } from '../../../src/controllers/garbage-collector/reconcile.ts';
import { replicaSets } from '../../../src/controllers/replicaset/reconcile.ts';
import { pod, replicaSet } from '../../../src/kinds/index.ts';
import { type KubectlPlane, openKubectlPlane, seen } from '../../fixtures/controllers/kubectl-plane.ts';
import { kubectlsOf } from '../../fixtures/kubectl.ts';
import { skipWithout } from '../../fixtures/skip-without-kubectl.ts';

let plane: KubectlPlane;
let client: Client;
beforeAll(async () => {
  plane = await openKubectlPlane([replicaSets, deployments, garbageCollector]);
  ({ client } = plane);
});
afterAll(() => plane.close());

const manifest = (image: string) =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image }] } },
    },
  });

const all = kubectlsOf('rollouts', ['1.20', '1.27', '1.30', '1.33']);
skipWithout(all);

describe.each(all.map((it) => [it.version, it.path]))('kubectl %s', (version, path) => {
  const where = `v${version.replaceAll('.', '-')}`;
  let kubectl: (line: string, input?: string) => Promise<string>;
  beforeAll(async () => {
    kubectl = await plane.kubectlIn(where, path);
  });
  const imageNow = () => kubectl('get deployment web -o jsonpath={.spec.template.spec.containers[0].image}');
  const pods = async () => (await client.list(pod, { namespace: where })).items;

  test('rolls out, looks back, undoes, restarts, pauses and resumes', async () => {
    await kubectl('apply -f -', manifest('nginx:1'));
    expect(await kubectl('rollout status deployment/web')).toContain('deployment "web" successfully rolled out');
    await kubectl('annotate deployment web kubernetes.io/change-cause=two');
    await kubectl('set image deployment/web app=nginx:2');
    expect(await kubectl('rollout status deployment/web --timeout=20s')).toContain('successfully rolled out');
    await kubectl('set image deployment/web app=nginx:3');
    await kubectl('rollout status deployment/web --timeout=20s');
    expect(
      (await kubectl('rollout history deployment/web'))
        .trim()
        .split('\n')
        .map((it) => it.split(/\s+/)[0]),
    ).toEqual(['deployment.apps/web', 'REVISION', '1', '2', '3']);
    expect(await kubectl('rollout history deployment/web --revision=1')).toContain('nginx:1');

    await kubectl('rollout undo deployment/web');
    await kubectl('rollout status deployment/web --timeout=20s');
    expect(await imageNow()).toBe('nginx:2');
    await kubectl('rollout undo deployment/web --to-revision=1');
    await kubectl('rollout status deployment/web --timeout=20s');
    expect(await imageNow()).toBe('nginx:1');
    const revisions = (await client.list(replicaSet, { namespace: where })).items.map(
      (it) => it.metadata.annotations?.['deployment.kubernetes.io/revision'],
    );
    expect(revisions.sort()).toEqual(['3', '4', '5']);

    const before = (await pods()).map((it) => it.metadata.uid);
    await kubectl('rollout restart deployment/web');
    await kubectl('rollout status deployment/web --timeout=20s');
    expect((await pods()).some((it) => before.includes(it.metadata.uid) && !it.metadata.deletionTimestamp)).toBe(false);

    await kubectl('rollout pause deployment/web');
    await kubectl('set image deployment/web app=nginx:4');
    await kubectl('scale deployment/web --replicas=5');
    await seen('five', async () => (await kubectl('get deployment web -o jsonpath={.status.readyReplicas}')) === '5');
    expect((await pods()).some((it) => it.spec.containers[0]?.image === 'nginx:4')).toBe(false);
    await kubectl('rollout resume deployment/web');
    await kubectl('rollout status deployment/web --timeout=20s');
    expect((await pods()).filter((it) => !it.metadata.deletionTimestamp).every((it) => it.spec.containers[0]?.image === 'nginx:4')).toBe(
      true,
    );
  });

  test('describes what has happened', async () => {
    const said = await seen('the events', async () => {
      const text = await kubectl('describe deployment web');
      return /Scaled up replica set web-\S+ from 0 to 3/.test(text) && text;
    });
    expect(said).toMatch(/Replicas:\s+5 desired \| 5 updated \| 5 total \| 5 available \| 0 unavailable/);
    expect(said).toMatch(/Progressing\s+True\s+NewReplicaSetAvailable/);
    expect(said).toMatch(/NewReplicaSet:\s+web-\S+ \(5\/5 replicas created\)/);
    expect(await kubectl('describe rs')).toMatch(/SuccessfulCreate\s+.*replicaset-controller\s+Created pod: web-/);
    expect(await kubectl('get deployment web')).toMatch(/web\s+5\/5\s+5\s+5/);
  });

  test('deletes with and without what belongs to it', async () => {
    const { spec } = JSON.parse(await kubectl('get deployment web -o json'));
    await kubectl('delete deployment web --cascade=orphan --wait=true');
    await seen('free sets', async () =>
      (await client.list(replicaSet, { namespace: where })).items.every((it) => !it.metadata.ownerReferences),
    );
    expect((await pods()).filter((it) => !it.metadata.deletionTimestamp).length).toBe(5);
    // Made again, it takes its sets and pods back.
    const before = (await pods()).map((it) => it.metadata.uid).sort();
    await kubectl('create -f -', JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec }));
    await kubectl('rollout status deployment/web --timeout=20s');
    await seen('taken back', async () =>
      (await client.list(replicaSet, { namespace: where })).items.every((it) => it.metadata.ownerReferences?.length === 1),
    );
    expect((await pods()).map((it) => it.metadata.uid).sort()).toEqual(before);
    await kubectl('delete deployment web --cascade=foreground --wait=true --timeout=20s');
    expect([(await client.list(replicaSet, { namespace: where })).items.length, (await pods()).length]).toEqual([0, 0]);
  });
});
