import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { normal } from '../fixtures/cli/normal.ts';
import { startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { run, type Result } from '../fixtures/cluster/kubectl.ts';
import { kubectls } from '../fixtures/kubectl.ts';

// The same command lines, in the same order, by kubectl in one namespace and by peapod in another: both must say the same.
const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
const kubectl = kubectls().at(-1);
if (!kubectl) console.error('\n!! SKIPPED: there is no kubectl on this machine to compare peapod with\n');

const clients = ['kubectl', 'peapod'] as const;
type Client = (typeof clients)[number];
const namespaces: Readonly<Record<Client, string>> = { kubectl: 'like-kubectl', peapod: 'like-peapod' };

let cluster: TestCluster;
let folder: string;
beforeAll(async () => {
  if (!kubectl) return;
  cluster = await startTestCluster({ name: 'like', second: 208, nodePorts: '30000-32767' });
  folder = mkdtempSync(join(tmpdir(), 'peapod-like-'));
  for (const client of clients) {
    copyFileSync(cluster.kubeconfig, join(folder, client));
    const at = (...args: string[]) => run(kubectl.path, ['--kubeconfig', join(folder, client), ...args]);
    expect(await at('create', 'namespace', namespaces[client])).toMatchObject({ code: 0 });
    expect(await at('config', 'set-context', '--current', '--namespace', namespaces[client])).toMatchObject({ code: 0 });
  }
  write();
});
afterAll(async () => {
  await cluster?.destroy();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const web = (colour: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: busybox:1.36
        command: ["sh", "-c", "echo started; exec sleep 3600"]
        ports: [{ containerPort: 8080, name: http }]
        env: [{ name: COLOUR, value: ${colour} }]
`;
const pod = `apiVersion: v1
kind: Pod
metadata: { name: lone, labels: { app: lone } }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: main, image: "busybox:1.36", command: [sh, -c, "echo one; echo two; exec sleep 3600"] }]
`;

const sets = `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, labels: { app: db } }
spec:
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec:
      terminationGracePeriodSeconds: 0
      topologySpreadConstraints:
      - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: { matchLabels: { app: db } } }
      containers:
      - name: db
        image: busybox:1.36
        command: [sleep, "3600"]
        resources: { requests: { cpu: 0.01, memory: 0.25Gi } }
        volumeMounts: [{ name: data, mountPath: /data }]
  volumeClaimTemplates:
  - metadata: { name: data, labels: { a: b } }
    spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 10Mi } } }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, labels: { app: agent } }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec:
      terminationGracePeriodSeconds: 0
      nodeSelector: { kubernetes.io/os: linux }
      containers: [{ name: agent, image: "busybox:1.36", command: [sleep, "3600"] }]
---
apiVersion: v1
kind: ReplicationController
metadata: { name: old, labels: { app: old } }
spec:
  replicas: 0
  selector: { app: old }
  template:
    metadata: { labels: { app: old } }
    spec: { containers: [{ name: old, image: "busybox:1.36", command: [sleep, "3600"] }] }
`;
const jobs = `apiVersion: batch/v1
kind: Job
metadata: { name: once }
spec:
  completions: 1
  completionMode: Indexed
  activeDeadlineSeconds: 100
  ttlSecondsAfterFinished: 1000
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: once, image: "busybox:1.36", command: [echo, hello] }]
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: yearly }
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      activeDeadlineSeconds: 100
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{ name: yearly, image: "busybox:1.36", command: [echo, hello] }]
`;
const limits = `apiVersion: v1
kind: ResourceQuota
metadata: { name: quota }
spec: { hard: { count/jobs.batch: 20, requests.storage: 2Gi, count/configmaps: "30" } }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: best }
spec: { hard: { pods: 7 }, scopes: [BestEffort, NotTerminating] }
---
apiVersion: v1
kind: LimitRange
metadata: { name: limits }
spec:
  limits:
  - { type: Container, defaultRequest: { cpu: 10m } }
  - { type: PersistentVolumeClaim, max: { storage: 1Gi }, min: { storage: 1Mi } }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: budget }
spec: { minAvailable: 1, selector: { matchLabels: { app: db } } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: scaler }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: nobody }
  minReplicas: 1
  maxReplicas: 2
  metrics:
  - { type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 80 } } }
  - { type: Pods, pods: { metric: { name: hits }, target: { type: AverageValue, averageValue: "10" } } }
  behavior: { scaleDown: { stabilizationWindowSeconds: 60, policies: [{ type: Pods, value: 1, periodSeconds: 60 }] } }
`;

function write(): void {
  const files: Record<string, string> = {
    'web.yaml': web('green'),
    'web2.yaml': web('blue'),
    'lone.yaml': pod,
    'broken.yaml': 'a: [',
    'nokind.yaml': 'a: 1\n',
    'sets.yaml': sets,
    'jobs.yaml': jobs,
    'limits.yaml': limits,
    'foreign.yaml': 'apiVersion: example.com/v1\nkind: Foo\nmetadata: { name: x }\n',
    env: 'A=1\n# a remark\nB=two words\n',
    file: 'hello\n',
    'k/kustomization.yaml': 'configMapGenerator:\n- name: made\n  literals: [a=b]\nsecretGenerator:\n- name: hidden\n  literals: [p=q]\n',
  };
  mkdirSync(join(folder, 'k'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}

function ask(client: Client, line: string, input: string): Promise<Result> {
  const words = splitLine(line).map((it) => it.replaceAll('@', `${folder}/`));
  const [program, args] = client === 'kubectl' ? [kubectl?.path ?? '', words] : [process.execPath, [bin, ...words]];
  const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, client) };
  return run(program, args, { env, input, timeout: 60_000 });
}

/** Words, those in single quotes whole. */
const splitLine = (line: string): string[] => [...line.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''));

/** A line; `~` before it: only the exit code and the first output count, as the order of lines is chance. */
async function compare(line: string): Promise<void> {
  const quietly = line.startsWith('~');
  // Of what has no namespace each client makes its own.
  const command = line.replace(/^~/, '');
  const [theirs, ours] = await Promise.all(
    clients.map(async (client) => ({ client, ...(await ask(client, command.replaceAll('%', namespaces[client]), pod)) })),
  );
  const shown = ({ client, code, stdout, stderr }: Result & { client: Client }) =>
    quietly ? { code } : { code, stdout: normal(stdout, namespaces[client]), stderr: normal(stderr, namespaces[client]) };
  expect(shown(ours as Result & { client: Client }), command).toEqual(shown(theirs as Result & { client: Client }));
}

const parts: ReadonlyArray<[name: string, lines: string]> = [
  [
    'create and look',
    `
get pods
get all
create deployment hello --image=busybox:1.36 --replicas=0
create deployment hello --image=busybox:1.36
get deployments
get deployment hello
get deployment hello -o name
get deploy hello -o jsonpath={.spec.template.spec.containers[0].image}
get deploy -o custom-columns=NAME:.metadata.name,IMAGE:.spec.template.spec.containers[*].image
get deploy/hello -o yaml
get rs
get rs --show-labels
get deploy,rs -L app
get deploy nope
get deploy nope --ignore-not-found
get foo
get deploy hello nope
get
get pods -A --field-selector=metadata.name=nope
get pods -l a==b=c
get pods --nope
get pods -o nope
get pods,svc -o name
get deploy/hello svc
config view
config current-context
config get-contexts
expose deployment hello --type=LoadBalancer --port=8080
expose deployment hello --type=LoadBalancer --port=8080
expose deployment hello --port=8080 --name=second
get services hello -o jsonpath={.spec.ports[*].port}
label deployment hello colour=green
label deployment hello colour=blue
label deployment hello colour=blue --overwrite
label deployment hello colour-
label deployment hello
annotate deployment hello note=x
annotate deployment hello note=y
annotate deployment hello note-
describe service second
describe deployment hello
delete service hello second
delete service hello
delete deployment hello
delete deployment hello
delete
delete pods
delete pod x --all`,
  ],
  [
    'configuration',
    `
create configmap sys-app-name --from-literal name=my-system
create configmap sys-app-name --from-literal name=my-system
create configmap files --from-file=@file --from-file=k=@file
create configmap env --from-env-file=@env
create configmap
create configmap x --from-file=@nope
create configmap x --from-literal=a
create secret generic creds --from-literal username=bob --from-literal password=bobpwd
get configmap files -o yaml
get cm env -o jsonpath={.data.B}
get secret creds
get secret creds -o jsonpath={.data.username}
describe configmap sys-app-name
describe secret sys
create configmap dry --from-literal=a=b --dry-run=client -o yaml
create secret generic dry --from-literal=a=b --dry-run=client -o yaml
create namespace like-third --dry-run=client -o yaml
create service clusterip dry --tcp=80:8080 --dry-run=client -o yaml
create serviceaccount worker
get sa worker
patch cm env -p '{"data":{"A":"2"}}'
patch cm env -p '{"data":{"A":"2"}}'
patch cm env --type=nope -p '{}'
patch cm env
get -k @k
kustomize @k
apply -k @k
get -k @k
delete -k @k
delete cm env files sys-app-name`,
  ],
  [
    'apply and roll out',
    `
apply -f @nope.yaml
apply -f @broken.yaml --nope
apply
apply -f @foreign.yaml
apply -f @web.yaml
~rollout status deployment/web --timeout=60s
rollout status deployment/web
get deployments web
get deployments web -o wide
describe deployments web
describe replicasets
apply -f @web2.yaml
~rollout status deploy/web --timeout=60s
rollout history deployment/web
rollout history deployment/web --revision=99
rollout undo deployment/web
~rollout status deploy/web --timeout=60s
rollout history deployment/web
rollout undo deployment/web --to-revision=77
rollout pause deploy/web
rollout pause deploy/web
rollout undo deploy/web
rollout resume deploy/web
rollout resume deploy/web
rollout restart deploy/web
~rollout status deploy/web --timeout=60s
rollout status sa/worker
rollout status
set image deploy/web web=busybox:latest
set image deploy/web nope=busybox
set image deploy/web
set env deploy/web A=b
set env deploy/web --list
set env deploy/web A-
set resources deploy/web --limits=cpu=500m,memory=64Mi
~rollout status deploy/web --timeout=60s
scale deployments/web --replicas=1
scale deployments/web
scale deployments/web --replicas=1 --current-replicas=7
scale deployments/nope --replicas=1
wait --for=condition=Available deploy/web --timeout=60s
wait --for=condition=Nope deploy/web --timeout=1s
wait --for=jsonpath={.spec.replicas}=1 deploy/web
wait --for=nope deploy/web
wait --for=condition=Ready pod -l app=nope
delete -f @web.yaml
delete -f @web.yaml
delete -f @web.yaml --ignore-not-found`,
  ],
  [
    'pods',
    `
create -f @lone.yaml
create -f @lone.yaml
wait --for=condition=Ready pod/lone --timeout=60s
get pods
get pod lone -o wide
logs lone
logs lone --tail=1
logs pod/lone --prefix
logs lone -c nope
logs nope
logs
logs -l app=lone
logs lone --since=1h --since-time=2020-01-01T00:00:00Z
exec lone -- echo hello
exec lone -- sh -c 'exit 7'
exec -i lone -- cat
exec lone -c nope -- ls
exec nope -- ls
exec lone
exec
attach nope
port-forward lone
port-forward nope 80
cp @nope lone:/tmp/x
cp a b
cp lone
describe pod lone
describe pods -l app=lone
describe pod nope
replace --force -f @lone.yaml
replace -f @nope.yaml
label pods --all x=y
get pods -l x=y -o name
annotate pod lone kubernetes.io/change-cause=test
run runner --image=busybox:1.36 --restart=Never --command --  sh -c 'echo ran'
wait --for=jsonpath={.status.phase}=Succeeded pod/runner --timeout=60s
logs runner
exec runner -- ls
run runner --image=busybox:1.36
run dry --image=busybox:1.36 --port=80 --env=A=b --dry-run=client -o yaml -- a b
run
delete pod lone --grace-period=0 --force
delete pod runner --now --wait=false
delete pod runner --grace-period=3 --now
delete pods --all --cascade=nope`,
  ],
  [
    'sets, jobs and limits',
    `
apply --server-side -f @limits.yaml
apply --server-side -f @sets.yaml
apply --server-side -f @jobs.yaml
~rollout status statefulset/db --timeout=60s
~rollout status daemonset/agent --timeout=60s
wait --for=condition=complete job/once --timeout=60s
describe daemonset agent
describe rc old
describe job once
describe cronjob yearly
describe quota
describe limits limits
describe namespace %
describe pdb budget
describe hpa scaler
describe priorityclass system-node-critical
rollout history sts/db
rollout history ds/agent --revision=1
rollout undo sts/db
rollout undo rc/old
set image ds/agent agent=busybox:latest
set env sts/db A=b
~rollout status statefulset/db --timeout=60s
~rollout status daemonset/agent --timeout=60s
rollout history statefulsets
rollout undo ds/agent --dry-run=client
rollout undo ds/agent --dry-run=server
rollout undo ds/agent
rollout undo sts/db
rollout restart ds/agent
rollout pause ds/agent
set image cronjob/yearly yearly=busybox:latest
set env cronjob/yearly A=b
set env cronjob/yearly --list
set resources cronjob/yearly --limits=cpu=1
set serviceaccount sts/db default
create job again --from=cronjob/yearly
create job made --image=busybox:1.36 --dry-run=client -o yaml -- a b
create cronjob made --image=busybox:1.36 --schedule='0 0 1 1 *' --dry-run=client -o yaml -- a b
create cronjob made --image=busybox:1.36 --schedule='0 0 1 1 *' --restart=Never
create quota made --hard=pods=3,cpu=2 --scopes=BestEffort --dry-run=client -o yaml
create quota made --hard=count/secrets=30
create pdb made --selector=app=x --max-unavailable=50% --dry-run=client -o yaml
create pdb made --selector=app=x --min-available=1
create priorityclass made --value=1000 --description='a b' --dry-run=client -o yaml
create priorityclass % --value=1000
autoscale sts/db --min=1 --max=3 --cpu-percent=80 --name=made
autoscale sts/db --max=3 --dry-run=client -o yaml
autoscale sts/db --max=3 --name=made
autoscale ds/agent --max=3
expose rc old --port=80
set selector service/old app=new
get service old -o jsonpath={.spec.selector}
~delete priorityclass %
delete sts/db ds/agent rc/old --wait=false`,
  ],
  [
    'who may',
    `
create role reader --verb=get,list --resource=pods,deployments.apps,pods/log --resource-name=x --dry-run=client -o yaml
create role reader --verb=get,list --resource=pods,deploy,pods/log
create role reader --verb=get --resource=pods
describe role reader
create clusterrole logs --verb=get --non-resource-url=/logs/* --dry-run=client -o yaml
create clusterrole all --aggregation-rule=a=b --dry-run=client -o yaml
describe clusterrole view
create rolebinding readers --role=reader --user=u --group=g --serviceaccount=default:default --dry-run=client -o yaml
create rolebinding readers --role=reader --user=u --serviceaccount=default:default
describe rolebinding readers
create clusterrolebinding viewers --clusterrole=view --user=u --dry-run=client -o yaml
describe clusterrolebinding cluster-admin
delete rolebinding readers
delete role reader`,
  ],
  [
    'the cluster',
    `
get nodes -o name
api-versions
api-resources
api-resources --api-group=apps -o wide
api-resources -o name
cluster-info
auth can-i get pods
auth can-i
auth whoami
explain pod.spec.containers.image
explain deployment
explain pod.nope
explain nope
top nope
cordon nope
cordon
uncordon nope
drain
completion nope
config use-context nope
config get-clusters
config set-context --current --user=nobody --dry
diff
diff -f @nope.yaml
edit cm nope
kustomize @nope
get pods --context nope
get pods --kubeconfig @nope
rollout nope`,
  ],
];

describe.skipIf(!kubectl)('peapod says what kubectl says', () => {
  for (const [name, lines] of parts) {
    describe(name, () => {
      for (const [i, line] of lines.trim().split('\n').entries()) test(`${i + 1}: ${line}`, () => compare(line));
    });
  }
});
