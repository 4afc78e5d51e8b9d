import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type core, pod as podKind } from '../../../src/kinds/index.ts';
import { startTestNode, type TestNode } from '../../fixtures/kubelet/node.ts';

let node: TestNode;
let dir: string;
const manifest = (image: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'app', image }] },
  });
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'static-'));
  writeFileSync(join(dir, 'web.json'), manifest('app:1'));
  writeFileSync(join(dir, '.hidden'), 'x');
  writeFileSync(join(dir, 'notes.txt'), 'no manifest');
  node = await startTestNode({ staticPodPath: dir });
});
afterEach(async () => {
  await node.close();
  rmSync(dir, { recursive: true, force: true });
});

const seen = <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> => node.seen(what, look);
const shown = (want: (it: core.Pod) => boolean = () => true): Promise<core.Pod> =>
  seen('the mirror', async () => {
    const it = await node.get('web-n1');
    return it?.status?.phase === 'Running' && !it.metadata.deletionTimestamp && want(it) && it;
  });
const running = (): string[] =>
  node.runtime
    .all()
    .filter((it) => it.status === 'running' && it.labels['io.kubernetes.container.name'] === 'app')
    .map((it) => it.id);

test('a file runs as a pod that the API shows', async () => {
  const it = await shown();
  expect(it.metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: 'n1', controller: true }]);
  expect(it.metadata.annotations?.['kubernetes.io/config.mirror']).toBe(it.metadata.annotations?.['kubernetes.io/config.hash']);
  expect([it.metadata.labels, it.spec.nodeName, it.status?.containerStatuses?.[0]?.ready]).toEqual([{ app: 'web' }, 'n1', true]);
});

test('who deletes what the API shows stops nothing: it comes back, and knows how the pod is', async () => {
  const first = await shown();
  const before = running();
  await node.client.delete(podKind, { namespace: 'default', name: 'web-n1' });
  const again = await shown((it) => it.metadata.uid !== first.metadata.uid);
  expect(again.status?.containerStatuses?.[0]?.restartCount).toBe(0);
  expect(running()).toEqual(before);
});

test('an agent that takes over restarts nothing', async () => {
  const { metadata } = await shown();
  const before = running();
  await node.restart();
  await node.advance(2);
  expect([running(), (await shown()).metadata.uid]).toEqual([before, metadata.uid]);
});

test('a file that changes is another pod, once the first has ended; one that goes ends', async () => {
  const first = await shown();
  const before = running();
  writeFileSync(join(dir, 'web.json'), manifest('app:2'));
  await node.advance(25);
  const second = await shown((it) => it.spec.containers[0]?.image === 'app:2');
  expect(second.metadata.uid).not.toBe(first.metadata.uid);
  expect([running().length, running()[0] === before[0]]).toEqual([1, false]);
  rmSync(join(dir, 'web.json'));
  await node.advance(25);
  await seen('gone', async () => (await node.get('web-n1')) === undefined && running().length === 0);
});

test('a file that is spoilt keeps its pod', async () => {
  await shown();
  const before = running();
  writeFileSync(join(dir, 'web.json'), '{');
  await node.advance(25);
  expect(running()).toEqual(before);
});
