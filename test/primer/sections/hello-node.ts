import { address, hash, row, type Section, seconds, suffix } from '../step.ts';

const pod = `hello-node-${hash}-${suffix}`;

export const helloNode: Section = {
  title: 'a Deployment and its Service',
  steps: [
    {
      line: 'kubectl create deployment hello-node --image=k8s.gcr.io/echoserver:1.4',
      shows: [/^deployment\.apps\/hello-node created\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl get deployments',
      within: 60,
      shows: [row('NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE'), row('hello-node', '1/1', '1', '1', seconds)],
      alike: 'text',
    },
    {
      line: 'kubectl get pods',
      shows: [row('NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'), row(pod, '1/1', 'Running', '0', seconds)],
      alike: 'text',
    },
    {
      line: 'kubectl get events',
      shows: [
        row('LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'),
        row(seconds, 'Normal', 'Scheduled', `pod/${pod}`, `Successfully assigned \\S+/${pod} to \\S+`),
        row(seconds, 'Normal', 'Pulled', `pod/${pod}`, 'Container image "k8s.gcr.io/echoserver:1.4" already present on machine.*'),
        row(seconds, 'Normal', 'Created', `pod/${pod}`, '.*[Cc]ontainer.*'),
        row(seconds, 'Normal', 'Started', `pod/${pod}`, '.*[Cc]ontainer.*'),
        row(seconds, 'Normal', 'SuccessfulCreate', `replicaset/hello-node-${hash}`, `Created pod: ${pod}`),
        row(seconds, 'Normal', 'ScalingReplicaSet', 'deployment/hello-node', `Scaled up replica set hello-node-${hash} .*to 1`),
      ],
      alike: 'head',
    },
    {
      line: 'kubectl config view',
      shows: [
        /^apiVersion: v1\nclusters:\n- cluster:\n {4}certificate-authority-data: DATA\+OMITTED\n {4}server: https:\/\//,
        /^current-context: /m,
      ],
      alike: 'text',
    },
    {
      line: 'kubectl expose deployment hello-node --type=LoadBalancer --port=8080',
      shows: [/^service\/hello-node exposed\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl get services',
      shows: [
        row('NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT\\(S\\)', 'AGE'),
        row('hello-node', 'LoadBalancer', address, `(<pending>|${address})`, '8080:\\d+/TCP', seconds),
      ],
      alike: 'text',
    },
    {
      line: 'kubectl label pod $POD_NAME app=v1',
      besides: 'The pod of a Deployment has a label app already: Kubernetes refuses, and so must we',
      given: { POD_NAME: "kubectl get pods -o jsonpath='{.items[0].metadata.name}'" },
      ends: 1,
      tells: [/^error: 'app' already has a value \(hello-node\), and --overwrite is false\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl run hello --image=k8s.gcr.io/echoserver:1.4',
      besides: 'A pod without a label app',
      shows: [/^pod\/hello created\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl label pod $POD_NAME app=v1',
      given: { POD_NAME: "kubectl get pods -l run=hello -o jsonpath='{.items[0].metadata.name}'" },
      shows: [/^pod\/hello labeled\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl get pods -l app=v1',
      within: 60,
      shows: [/^NAME +READY +STATUS +RESTARTS +AGE\nhello +1\/1 +Running +0 +\S+\n$/],
      alike: 'text',
    },
    { line: 'kubectl delete service hello-node', shows: [/^service "hello-node" deleted( from \S+ namespace)?\n$/], alike: 'text' },
    {
      line: 'kubectl delete deployment hello-node',
      shows: [/^deployment\.apps "hello-node" deleted( from \S+ namespace)?\n$/],
      alike: 'text',
    },
    { line: 'kubectl delete pod hello', besides: 'What we added goes too', shows: [/^pod "hello" deleted/], alike: 'text' },
    {
      line: 'kubectl get pods',
      besides: 'A Deployment takes its pods along',
      within: 45,
      tells: [/^No resources found in \S+ namespace\.\n$/],
      alike: 'text',
    },
  ],
};
