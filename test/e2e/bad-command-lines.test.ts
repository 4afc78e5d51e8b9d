import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { type Client, clientsIn } from '../primer/client.ts';

/** What is wrong with each; `broken.yaml` is there, `absent.yaml` is not. Told alike by kubectl and peapod, up to their names. */
const alike = [
  'get',
  'get pods --nonsense',
  'get pods -Z',
  'get pods -l',
  "get pods -l 'a in (b'",
  'get nothing',
  'get pods nobody',
  'get pods web --all-namespaces',
  'get pods -o nonsense',
  'get -f absent.yaml',
  'describe pods nobody',
  'create deployment',
  'create deployment web',
  'create -f absent.yaml',
  'create configmap made --from-literal=novalue',
  'create configmap made --from-file=absent.txt',
  'create secret generic made --from-literal=a=1 --from-env-file=absent.env',
  'apply',
  'apply -f absent.yaml',
  'delete',
  'delete pods',
  'delete pods nobody',
  'delete configmap kept --all',
  'scale deployment web',
  'scale deployment nobody --replicas=1',
  'scale deployment web --replicas=many',
  'expose deployment nobody --port=80',
  'set image deployment/nobody web=busybox',
  'rollout status deployment/nobody',
  'rollout undo deployment/nobody',
  'label configmap kept',
  'label configmap kept not/a/key=1',
  'annotate configmap kept',
  'patch configmap kept',
  'patch configmap kept --type=odd -p {}',
  'replace -f absent.yaml',
  'logs nobody',
  'logs',
  'exec nobody -- true',
  'exec nobody',
  'port-forward nobody',
  'port-forward nobody 80:http',
  'wait pod/nobody --for=condition=Ready',
  'run Bad_Name --image=busybox',
  'run web',
  'explain pod.nothing',
  'cordon nobody',
  'uncordon nobody',
  'drain nobody',
  'auth can-i',
  'top pods nobody',
];

const home = mkdtempSync(join(tmpdir(), 'peapod-bad-'));
let cluster: TestCluster;
let clients: readonly Client[] = [];
beforeAll(async () => {
  cluster = await startTestCluster({ name: 'bad-lines', second: 166, nodePorts: '22500-22999' });
  clients = clientsIn(home, cluster.kubeconfig);
  const peapod = clients.at(-1) as Client;
  for (const { namespace } of [peapod, clients.at(-2) ?? peapod]) {
    await peapod.type(`kubectl create namespace ${namespace}`);
    await peapod.type(`kubectl create configmap kept --from-literal=a=1 -n ${namespace}`);
  }
});
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await cluster?.destroy();
});

/** The first line without what a program calls itself, and without the namespace. */
const firstLine = (text: string, namespace: string): string =>
  (text.trim().split('\n')[0] ?? '').replaceAll(namespace, 'NAMESPACE').replaceAll('peapod', 'kubectl');

/** Everything in the namespace that a command could have changed, with its versions. */
const contentOf = async (client: Client): Promise<string> =>
  (await client.type("kubectl get configmaps,pods,deployments,services,secrets -o jsonpath='{.items[*].metadata.resourceVersion}'")).stdout;

test('what is wrong is told as kubectl tells it, ends with 1, and changes nothing', { timeout: 300_000 }, async () => {
  const peapod = clients.at(-1) as Client;
  const kubectl = clients.length > 1 ? clients.at(-2) : undefined;
  if (!kubectl) console.warn('!! there is no kubectl here: words are NOT compared');
  for (const { folder } of [peapod, ...(kubectl ? [kubectl] : [])]) writeFileSync(join(folder, 'broken.yaml'), 'kind: [\n');
  const before = await contentOf(peapod);
  expect(before).toMatch(/^\d/);
  const faults: string[] = [];
  for (const line of [...alike, 'apply -f broken.yaml']) {
    const [ours, theirs] = await Promise.all([peapod.type(`kubectl ${line}`), kubectl?.type(`kubectl ${line}`)]);
    if (ours.code !== 1) faults.push(`${line}: ends with ${ours.code}: ${ours.stdout}${ours.stderr}`);
    else if (/\n +at /.test(ours.stderr)) faults.push(`${line}: shows a stack: ${ours.stderr}`);
    if (!theirs || line === 'apply -f broken.yaml') continue;
    const [mine, wanted] = [firstLine(ours.stderr, peapod.namespace), firstLine(theirs.stderr, kubectl?.namespace ?? '')];
    if (mine !== wanted) faults.push(`${line}: tells\n  ${mine}\nand kubectl ends with ${theirs.code} and tells\n  ${wanted}`);
  }
  expect(await contentOf(peapod)).toBe(before);
  expect(faults.join('\n')).toBe('');
});
