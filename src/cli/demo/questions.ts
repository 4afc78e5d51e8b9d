/** What a demo is asked when it is ready, and how the answer must look. */
export type Question = {
  demo: string;
  ask:
    | { type: 'http'; url: string; login?: string }
    /** Over the address that the Service's load balancer has got. */
    | { type: 'balancer'; service: string; port: number; path: string }
    | { type: 'exec'; pod: string; container: string; command: readonly string[] };
  /** Must match; what the first group caught is shown, else the first line. */
  expect: RegExp;
};

const node = 'http://127.0.0.1';

/** In the order of the folders in manifests/; the addresses are those of their READMEs. */
export const questions: readonly Question[] = [
  { demo: 'echoserver', ask: { type: 'http', url: `${node}:30080/some/path?a=1` }, expect: /(real path=\/some\/path\?a=1)/ },
  { demo: 'hello-world', ask: { type: 'http', url: `${node}:30081/` }, expect: /(Hello Kubernetes!)/ },
  { demo: 'hello-world', ask: { type: 'balancer', service: 'my-service', port: 8080, path: '/' }, expect: /(Hello Kubernetes!)/ },
  { demo: 'counter', ask: { type: 'http', url: `${node}:30082/` }, expect: /(visit \d+, counted by \S+)/ },
  {
    demo: 'system-inventory',
    ask: { type: 'http', url: `${node}:31000/system/properties`, login: 'bob:bobpwd' },
    expect: /(x-app-name: my-system)/i,
  },
  {
    demo: 'system-inventory',
    ask: { type: 'http', url: `${node}:32000/inventory/systems/system-service` },
    expect: /("app.name" *: *"my-system")/,
  },
  {
    demo: 'redis',
    ask: { type: 'exec', pod: 'redis', container: 'redis', command: ['redis-cli', 'CONFIG', 'GET', 'maxmemory'] },
    expect: /maxmemory\s+(2097152)\s/,
  },
  {
    demo: 'redis',
    ask: { type: 'exec', pod: 'redis', container: 'redis', command: ['redis-cli', 'CONFIG', 'GET', 'maxmemory-policy'] },
    expect: /maxmemory-policy\s+(allkeys-lru)\s/,
  },
];

/** What to type next. */
export const nextCommands: readonly string[] = [
  'kubectl get deployments,pods,services,pvc',
  'docker ps',
  'kubectl delete pod -l app=counter      # then ask the counter again',
  'kubectl scale deployment hello-world --replicas=8',
  'kubectl logs -f deployment/hello-node',
  'kubectl exec -it redis -- redis-cli',
  'npx peapod status',
  'npm run down                           # removes all of it',
];
