import { address, hash, row, type Section, seconds, suffix } from '../step.ts';
import { service, settings, web } from './web.ts';

const pod = `web-${hash}-${suffix}`;

/** Leaves the objects of web.ts behind, for the sections after it. */
export const getting: Section = {
  title: 'apply from everywhere, get in every form',
  files: { 'web.yaml': { text: web }, 'folder/settings.yaml': { text: settings }, 'folder/service.yaml': { text: service } },
  steps: [
    { line: 'kubectl apply -f web.yaml', shows: [/^deployment\.apps\/web created\n$/], alike: 'text' },
    { line: 'kubectl apply -f web.yaml', shows: [/^deployment\.apps\/web (unchanged|configured)\n$/], alike: 'nothing' },
    {
      line: 'kubectl apply -f folder',
      shows: [/^service\/web created\nconfigmap\/settings created\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl apply -f $URL/settings.yaml',
      shows: [/^configmap\/settings (unchanged|configured|serverside-applied)\n$/],
      alike: 'nothing',
    },
    { line: 'cat folder/settings.yaml | kubectl apply -f -', shows: [/^configmap\/settings (unchanged|configured)\n$/], alike: 'nothing' },
    {
      line: 'kubectl apply --server-side --force-conflicts -f folder/settings.yaml',
      shows: [/^configmap\/settings serverside-applied\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl rollout status deployment/web --timeout=60s',
      shows: [/deployment "web" successfully rolled out\n$/],
      alike: 'nothing',
    },
    {
      line: 'kubectl get pods -o wide',
      shows: [
        row('NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'IP', 'NODE', 'NOMINATED NODE', 'READINESS GATES'),
        row(pod, '1/1', 'Running', '0', seconds, address, '\\S+', '<none>', '<none>'),
      ],
      alike: 'text',
    },
    {
      line: 'kubectl get deployment web -o yaml',
      shows: [/^apiVersion: apps\/v1\nkind: Deployment\n/, /^ {2}replicas: 2$/m, /^ {2}readyReplicas: 2$/m],
      alike: 'nothing',
    },
    {
      line: 'kubectl get deployment web -o json',
      shows: [/^\{\n {4}"apiVersion": "apps\/v1",\n {4}"kind": "Deployment",\n/, /^\}\n$/m],
      alike: 'nothing',
    },
    {
      line: 'kubectl get configmap settings -o yaml',
      shows: [/^apiVersion: v1\ndata:\n {2}colour: green\nkind: ConfigMap\n/],
      alike: 'nothing',
    },
    { line: 'kubectl get pods -o name', shows: [new RegExp(`^(pod/${pod}\n){2}$`)], alike: 'text' },
    {
      line: "kubectl get deployment web -o jsonpath='{.spec.replicas} {.spec.template.spec.containers[*].image}'",
      shows: [/^2 busybox:1\.36$/],
      alike: 'text',
    },
    { line: `kubectl get pods -o jsonpath='{range .items[*]}{.status.phase}{"\\n"}{end}'`, shows: [/^(Running\n){2}$/], alike: 'text' },
    {
      line: 'kubectl get pods -o custom-columns=POD:.metadata.name,IMAGE:.spec.containers[0].image',
      shows: [row('POD', 'IMAGE'), row(pod, 'busybox:1\\.36')],
      alike: 'text',
    },
    {
      line: 'kubectl get pods -l app=web,app!=other --no-headers',
      shows: [new RegExp(`^(${pod} +1/1 +Running +0 +\\S+\n){2}$`)],
      alike: 'text',
    },
    { line: "kubectl get pods -l 'app in (other, none)'", tells: [/^No resources found in \S+ namespace\.\n$/], alike: 'text' },
    { line: 'kubectl get pods -A', shows: [row('NAMESPACE', 'NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE')], alike: 'head' },
    { line: 'kubectl get pods --sort-by=.metadata.creationTimestamp', shows: [row(pod, '1/1', 'Running', '0', seconds)], alike: 'text' },
    { line: 'kubectl get pods --field-selector=status.phase=Running -o name', shows: [new RegExp(`^(pod/${pod}\n){2}$`)], alike: 'text' },
    { line: 'kubectl get pods --field-selector=status.phase=Failed', tells: [/^No resources found in \S+ namespace\.\n$/], alike: 'text' },
    {
      line: 'kubectl get pods --show-labels',
      shows: [row('NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'LABELS'), /app=web,pod-template-hash=/],
      alike: 'text',
    },
    {
      line: 'timeout 3 kubectl get pods -w',
      ends: 124,
      shows: [row('NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'), row(pod, '1/1', 'Running', '0', seconds)],
      alike: 'text',
    },
    {
      line: 'kubectl get nodes',
      shows: [row('NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION'), row('\\S+', 'Ready\\S*', '\\S+', seconds, 'v1\\.\\d+\\.\\d+')],
      alike: 'head',
    },
    {
      line: 'kubectl get nodes -o wide',
      shows: [/^NAME +STATUS +ROLES +AGE +VERSION +INTERNAL-IP +EXTERNAL-IP +OS-IMAGE +KERNEL-VERSION +CONTAINER-RUNTIME\n.*docker:\/\//],
      alike: 'head',
    },
    {
      line: 'kubectl get deployment,service,configmap/settings',
      ends: 1,
      tells: [/^error: arguments in resource\/name form must have a single resource and name\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl get deployment/web service/web configmap/settings',
      shows: [
        row('deployment.apps/web', '2/2', '2', '2', seconds),
        row('service/web', 'ClusterIP', address, '<none>', '80/TCP', seconds),
        row('configmap/settings', '1', seconds),
      ],
      alike: 'text',
    },
    { line: 'kubectl get nothing', ends: 1, tells: [/^error: the server doesn't have a resource type "nothing"\n$/], alike: 'text' },
    { line: 'kubectl get pod nobody', ends: 1, tells: [/^Error from server \(NotFound\): pods "nobody" not found\n$/], alike: 'text' },
    {
      line: 'kubectl describe pods -l app=web',
      shows: [row('Name:', pod), row('Controlled By:', `ReplicaSet/web-${hash}`), /^Events:/m],
      alike: 'newest',
    },
    {
      line: 'kubectl describe service web',
      shows: [row('Name:', 'web'), row('Type:', 'ClusterIP'), row('Endpoints:', `${address}:8080,${address}:8080`)],
      alike: 'newest',
    },
    { line: 'kubectl describe configmap settings', shows: [/^Data\n====\ncolour:\n----\ngreen\n/m], alike: 'newest' },
    {
      line: 'kubectl describe endpointslices -l kubernetes.io/service-name=web',
      since: '1.21',
      shows: [row('AddressType:', 'IPv4')],
      alike: 'nothing',
    },
    { line: 'kubectl describe namespace $NAMESPACE', shows: [row('Status:', 'Active')], alike: 'nothing' },
    {
      line: 'kubectl describe node',
      shows: [/^Conditions:$/m, /^Capacity:$/m, /^Non-terminated Pods:/m, /^Allocated resources:$/m],
      alike: 'nothing',
    },
    { line: 'kubectl describe storageclass', shows: [/^IsDefaultClass: +Yes$/m], alike: 'newest' },
    { line: 'kubectl describe serviceaccounts', shows: [/^Name: +default$/m], alike: 'nothing' },
  ],
};
