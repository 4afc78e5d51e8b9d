import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { badLines } from '../fixtures/cli/bad-lines.ts';
import { startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { type Client, clientsIn } from '../primer/client.ts';

/** Refused in words of peapod's own: parsers of YAML and builders of kustomizations differ. */
const ownWords = [
  'apply -f broken.yaml',
  'create -f broken.yaml',
  'delete -f broken.yaml',
  'replace -f broken.yaml',
  'get -f broken.yaml',
  'get -f nokind.yaml',
  'get -k kodd',
  'kustomize kodd',
  'kustomize kdir',
  'apply -k kdir',
  'get pods -o go-template={{.kind}}',
  'apply -f valid.yaml --prune',
  "apply -f valid.yaml -l 'a in ('",
  'apply -f http://127.0.0.1:1/x.yaml',
  'config delete-context',
  'config delete-context nope',
  'patch cm kube-root-ca.crt -p {',
  "top pods -l 'a in ('",
  "run a --image=x --overrides='{'",
  'port-forward deploy/web 80:90:100',
];

/** Of each verb one line in six; all of them with PEAPOD_LONG=1. */
const isLong = process.env.PEAPOD_LONG === '1';
const alike = Object.values(badLines).flatMap((lines) =>
  lines
    .trim()
    .split('\n')
    .filter((_, i) => isLong || i % 6 === 0),
);

const files: Readonly<Record<string, string>> = {
  'broken.yaml': 'a: [\n',
  'nokind.yaml': 'a: 1\n',
  'noversion.yaml': 'kind: ConfigMap\nmetadata: {name: x}\n',
  'foreign.yaml': 'apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: x}\n',
  'empty.yaml': '',
  'valid.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: valid}\n',
  'limits.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: limits}\n',
  'kdir/kustomization.yaml': 'resources: [absent.yaml]\n',
  'kodd/kustomization.yaml': 'odd: 1\n',
  'knone/readme.txt': 'no kustomization\n',
};

const home = mkdtempSync(join(tmpdir(), 'peapod-bad-'));
let cluster: TestCluster;
let peapod: Client;
let kubectl: Client | undefined;
let node: string;
beforeAll(async () => {
  cluster = await startTestCluster({ name: 'bad-lines', second: 166, nodePorts: '19500-19999' });
  const clients = clientsIn(home, cluster.kubeconfig);
  peapod = clients.at(-1) as Client;
  kubectl = clients.length > 1 ? clients.at(-2) : undefined;
  if (!kubectl) console.warn('!! there is no kubectl here: words are NOT compared');
  node = (await peapod.type("kubectl get nodes -o jsonpath='{.items[0].metadata.name}'")).stdout;
  for (const { folder, namespace } of [peapod, ...(kubectl ? [kubectl] : [])]) {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    for (const line of [
      `create namespace ${namespace}`,
      `create deployment web --image=busybox:1.36 --replicas=0 -n ${namespace}`,
      `wait --for=create configmap/kube-root-ca.crt -n ${namespace}`,
      `wait --for=condition=Available deployment/web -n ${namespace}`,
    ])
      expect(await peapod.type(`kubectl ${line}`), line).toMatchObject({ code: 0 });
  }
});
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await cluster?.destroy();
});

/** All that is told, without what a program calls itself, and without namespaces and folders. */
const words = (text: string, { namespace, folder }: Client): string =>
  text
    .replaceAll(namespace, 'NAMESPACE')
    .replaceAll(dirname(folder), 'HOME')
    .replaceAll('kubectl.kubernetes.io', 'DOMAIN')
    .replaceAll('peapod', 'kubectl')
    // client-go logs on its own account.
    .replaceAll(/^[IWE]\d{4} .*\n/gm, '')
    .trim();

/** Everything that a command could have changed, with its versions. */
const content = async (): Promise<string> => {
  const versions = "-o jsonpath='{.items[*].metadata.resourceVersion}'";
  const kinds = 'configmaps,pods,deployments,services,secrets,serviceaccounts,jobs,cronjobs,resourcequotas,poddisruptionbudgets,hpa';
  const parts = await Promise.all([
    peapod.type(`kubectl get ${kinds} ${versions}`),
    peapod.type(`kubectl get namespaces,priorityclasses ${versions}`),
    peapod.type("kubectl get nodes -o jsonpath='{.items[*].spec}'"),
    peapod.type('kubectl config view --raw'),
  ]);
  return parts.map((it) => it.stdout).join('\n');
};

async function faultOf(line: string, isAlike: boolean): Promise<string | undefined> {
  const typed = `kubectl ${line.replaceAll('NODE', node)}`;
  const env = { KUBE_EDITOR: 'true' };
  const [ours, theirs] = await Promise.all([peapod.type(typed, { env }), isAlike ? kubectl?.type(typed, { env }) : undefined]);
  if (ours.code !== (theirs?.code ?? 1) || ours.code === 0) return `${line}: ends with ${ours.code}: ${ours.stdout}${ours.stderr}`;
  if (ours.stderr.trim() === '' || /\n +at /.test(ours.stderr)) return `${line}: tells ${ours.stderr || 'nothing'}`;
  if (!theirs || !kubectl) return undefined;
  const [mine, wanted] = [words(ours.stderr, peapod), words(theirs.stderr, kubectl)];
  return mine === wanted ? undefined : `${line}: tells\n  ${mine}\nand kubectl\n  ${wanted}`;
}

test('what is wrong is told as kubectl tells it, ends as it does, and changes nothing', { timeout: 900_000 }, async () => {
  const before = await content();
  expect(before).toMatch(/^\d/);
  const faults: string[] = [];
  const queue = [...alike.map((line) => ({ line, isAlike: true })), ...ownWords.map((line) => ({ line, isAlike: false }))];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const fault = await faultOf(next.line, next.isAlike);
      if (fault) faults.push(fault);
    }
  };
  const all = queue.length;
  await Promise.all([lane(), lane()]);
  console.log(`${all} lines, ${faults.length} told otherwise`);
  expect(faults.join('\n')).toBe('');
  expect(await content()).toBe(before);
});
