import { row, type Section } from '../step.ts';

export const asking: Section = {
  title: 'what there is, who may, nodes, and away with it',
  files: {
    'kustomization.yaml': {
      text: 'namePrefix: a-\nconfigMapGenerator:\n- name: generated\n  literals: [colour=green]\nsecretGenerator:\n- name: hidden\n  literals: [password=secret]\n',
    },
  },
  alone: true,
  steps: [
    { line: 'kubectl explain deployment.spec.replicas', shows: [/^KIND: +Deployment$/m, /replicas/], alike: 'newest' },
    { line: 'kubectl explain pod.nothing', ends: 1, tells: [/field "nothing" does not exist/], alike: 'newest' },
    {
      line: 'kubectl api-resources',
      shows: [
        /^NAME +SHORTNAMES +API(VERSION|GROUP) +NAMESPACED +KIND$/m,
        row('pods', 'po', 'v1', 'true', 'Pod'),
        row('deployments', 'deploy', 'apps/v1', 'true', 'Deployment'),
      ],
      alike: 'text',
    },
    { line: 'kubectl api-resources --namespaced=false -o name', shows: [/^nodes$/m, /^namespaces$/m], alike: 'text' },
    { line: 'kubectl api-versions', shows: [/^apps\/v1$/m, /^v1$/m], alike: 'text' },
    { line: 'kubectl cluster-info', shows: [/Kubernetes control plane.* is running at/], alike: 'nothing' },
    { line: 'kubectl auth can-i create pods', shows: [/^yes\n$/], alike: 'text' },
    { line: 'kubectl auth can-i create pods --as=nobody', ends: 1, shows: [/^no\n/], alike: 'nothing' },
    {
      line: 'kubectl auth can-i --list',
      shows: [row('Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'), row('\\*\\.\\*', '\\[\\]', '\\[\\]', '\\[\\*\\]')],
      alike: 'text',
    },
    { line: 'kubectl auth whoami', since: '1.28', shows: [row('ATTRIBUTE', 'VALUE')], alike: 'text' },
    { line: 'kubectl events', since: '1.26', shows: [row('LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE')], alike: 'head' },
    {
      line: 'kubectl kustomize .',
      shows: [/^ {2}name: a-generated-[a-z0-9]{10}$/m, /^ {2}name: a-hidden-[a-z0-9]{10}$/m],
      alike: 'newest',
    },
    {
      line: 'kubectl apply -k .',
      shows: [/^configmap\/a-generated-[a-z0-9]{10} created\nsecret\/a-hidden-[a-z0-9]{10} created\n$/],
      alike: 'newest',
    },
    { line: 'kubectl delete -k .', shows: [/^configmap "a-generated-[a-z0-9]{10}" deleted/], alike: 'newest' },
    {
      line: 'kubectl cordon $NODE_NAME',
      given: { NODE_NAME: "kubectl get nodes -o jsonpath='{.items[0].metadata.name}'" },
      shows: [/^node\/\S+ cordoned\n$/],
      alike: 'text',
    },
    { line: 'kubectl get nodes', shows: [/ Ready,SchedulingDisabled /], alike: 'text' },
    { line: 'kubectl label pods -l app=web drained=$NAMESPACE', shows: [/ labeled\n$/], alike: 'text' },
    {
      line: 'kubectl drain $NODE_NAME --pod-selector=drained=$NAMESPACE',
      given: { NODE_NAME: "kubectl get nodes -o jsonpath='{.items[0].metadata.name}'" },
      shows: [/^node\/\S+ already cordoned\n/, /^pod\/web-\S+ evicted$/m, /^node\/\S+ (drained|evicted)$/m],
      alike: 'newest',
    },
    {
      line: 'kubectl uncordon $NODE_NAME',
      given: { NODE_NAME: "kubectl get nodes -o jsonpath='{.items[0].metadata.name}'" },
      shows: [/^node\/\S+ uncordoned\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl wait --for=condition=Available deployment/web --timeout=60s',
      shows: [/^deployment\.apps\/web condition met\n$/],
      alike: 'text',
    },
    { line: 'kubectl delete deployment web --cascade=orphan', shows: [/^deployment\.apps "web" deleted/], alike: 'text' },
    { line: 'kubectl get rs -l app=web -o name', shows: [/^replicaset\.apps\/web-/], alike: 'nothing' },
    { line: 'kubectl delete rs -l app=web --wait=false', shows: [/^replicaset\.apps "web-/], alike: 'nothing' },
    { line: 'kubectl wait pods -l app=web --for=delete --timeout=30s', ends: 0, alike: 'nothing' },
    { line: 'kubectl delete services --all', shows: [/^service "web" deleted/], alike: 'text' },
  ],
};
