import { address, hash, row, type Section, seconds, suffix } from '../step.ts';

const set = `hello-world-${hash}`;

export const helloWorld: Section = {
  title: 'five replicas behind a load balancer',
  files: {
    'load-balancer-example.yaml': {
      text: `apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app.kubernetes.io/name: load-balancer-example
  name: hello-world
spec:
  replicas: 5
  selector:
    matchLabels:
      app.kubernetes.io/name: load-balancer-example
  template:
    metadata:
      labels:
        app.kubernetes.io/name: load-balancer-example
    spec:
      containers:
      - image: anjia0532/google-samples.node-hello:1.0
        name: hello-world
        ports:
        - containerPort: 8080
`,
    },
  },
  steps: [
    {
      line: 'kubectl apply -f load-balancer-example.yaml',
      besides: 'The primer shows the file alone',
      shows: [/^deployment\.apps\/hello-world created\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl get deployments hello-world',
      within: 60,
      shows: [row('NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE'), row('hello-world', '5/5', '5', '5', seconds)],
      alike: 'text',
    },
    {
      line: 'kubectl describe deployments hello-world',
      shows: [
        row('Name:', 'hello-world'),
        row('Labels:', 'app.kubernetes.io/name=load-balancer-example'),
        row('Annotations:', 'deployment.kubernetes.io/revision: 1'),
        row('Selector:', 'app.kubernetes.io/name=load-balancer-example'),
        row('Replicas:', '5 desired \\| 5 updated \\| 5 total \\| 5 available \\| 0 unavailable'),
        row('StrategyType:', 'RollingUpdate'),
        row('RollingUpdateStrategy:', '25% max unavailable, 25% max surge'),
        row('', 'Image:', 'anjia0532/google-samples.node-hello:1.0'),
        row('', 'Port:', '8080/TCP'),
        row('OldReplicaSets:', '<none>'),
        row('NewReplicaSet:', `${set} \\(5/5 replicas created\\)`),
        row('', 'Normal', 'ScalingReplicaSet', seconds, 'deployment-controller', `Scaled up replica set ${set} .*to 5`),
      ],
      alike: 'newest',
    },
    {
      line: 'kubectl get replicasets',
      shows: [row('NAME', 'DESIRED', 'CURRENT', 'READY', 'AGE'), row(set, '5', '5', '5', seconds)],
      alike: 'text',
    },
    {
      line: 'kubectl describe replicasets',
      shows: [
        row('Name:', set),
        row('Controlled By:', 'Deployment/hello-world'),
        row('Replicas:', '5 current / 5 desired'),
        row('Pods Status:', '5 Running / 0 Waiting / 0 Succeeded / 0 Failed'),
        row('', 'Normal', 'SuccessfulCreate', seconds, 'replicaset-controller', `Created pod: ${set}-${suffix}`),
      ],
      alike: 'newest',
    },
    {
      line: 'kubectl expose deployment hello-world --type=LoadBalancer --name=my-service',
      shows: [/^service\/my-service exposed\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl get services my-service',
      shows: [
        row('NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT\\(S\\)', 'AGE'),
        row('my-service', 'LoadBalancer', address, `(<pending>|${address})`, '8080:\\d+/TCP', seconds),
      ],
      alike: 'text',
    },
    {
      line: 'kubectl describe services my-service',
      within: 20,
      shows: [
        row('Name:', 'my-service'),
        row('Labels:', 'app.kubernetes.io/name=load-balancer-example'),
        row('Selector:', 'app.kubernetes.io/name=load-balancer-example'),
        row('Type:', 'LoadBalancer'),
        row('IP:', address),
        row('Port:', '<unset>', '8080/TCP'),
        row('TargetPort:', '8080/TCP'),
        row('NodePort:', '<unset>', '\\d+/TCP'),
        row('Endpoints:', `${address}:8080,${address}:8080,${address}:8080 \\+ 2 more\\.\\.\\.`),
        row('Session Affinity:', 'None'),
      ],
      alike: 'newest',
    },
    { line: 'kubectl delete services my-service', shows: [/^service "my-service" deleted( from \S+ namespace)?\n$/], alike: 'text' },
    {
      line: 'kubectl delete deployment hello-world',
      shows: [/^deployment\.apps "hello-world" deleted( from \S+ namespace)?\n$/],
      alike: 'text',
    },
  ],
};
