import type { Reason } from '../../../src/meta/status-error.ts';
import { type Refusal, refuses, standing } from '../../fixtures/api/refusals.ts';
import type { Ask } from '../../fixtures/api/requests.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const services = '/api/v1/namespaces/default/services';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

const refusal = (name: string, ask: Ask, want: Reason | readonly Reason[], says?: string | RegExp): Refusal => ({
  name,
  ask,
  want: [want].flat() as Reason[],
  ...(says !== undefined && { says }),
});
const post = (path: string, body: Ask['body'], type?: string): Ask => ({ method: 'POST', path, body, ...(type && { type }) });
const named = (name: unknown, more: object = {}): object => ({ metadata: { name, ...more } });

const bodies: Array<[name: string, body: string | Buffer]> = [
  ['nothing', ''],
  ['a blank', ' '],
  ['null', 'null'],
  ['a list', '[]'],
  ['a number', '1'],
  ['a text', '"x"'],
  ['true', 'true'],
  ['an object cut short', '{"metadata":{"name":"x"'],
  ['a text cut short', '{"metadata":{"name":"x'],
  ['two objects', '{"metadata":{"name":"x"}}{"metadata":{"name":"y"}}'],
  ['a trailing comma', '{"metadata":{"name":"x"},}'],
  ['a comment', '{"metadata":{"name":"x"}} // mine'],
  ['single quotes', "{'metadata':{'name':'x'}}"],
  ['keys without quotes', '{metadata:{name:"x"}}'],
  ['NaN', '{"metadata":{"name":NaN}}'],
  ['a zero byte', '{"metadata":{"name":"x\u0000"}}'],
  ['a byte order mark', '\ufeff{"metadata":{"name":"x"}}'],
  ['UTF-16', Buffer.from('{"metadata":{"name":"x"}}', 'utf16le')],
  ['HTML', '<html></html>'],
  ['brackets 100,000 deep', '['.repeat(100_000)],
  ['closed brackets 50,000 deep', '['.repeat(50_000) + ']'.repeat(50_000)],
  ['objects 50,000 deep', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
  ['random bytes', Buffer.from('8f3a00ff7e11c0de', 'hex')],
];

const yamlBodies: Array<[name: string, body: string]> = [
  ['nothing', ''],
  ['an open bracket', 'a: ['],
  ['a tab for indentation', 'metadata:\n\tname: x'],
  ['a wrong indentation', 'metadata:\n  name: x\n annotations: {}'],
  ['two documents', 'metadata: {name: x}\n---\nmetadata: {name: y}\n'],
  ['an unknown tag', 'metadata: !!js/function "x"'],
  ['an alias to nothing', 'metadata: *nowhere'],
  [
    'aliases that multiply',
    ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...[...'bcdefgh'].map((it, i) => `${it}: &${it} [${Array(10).fill(`*${'abcdefg'[i]}`)}]`)].join('\n'),
  ],
  ['an alias to itself', 'a: &a [*a]'],
  ['brackets 5,000 deep', '['.repeat(5000) + ']'.repeat(5000)],
  ['a plain text', 'just words'],
];

const protobuf = 'application/vnd.kubernetes.protobuf';
const envelope = (apiVersion: string, kind: string, raw: Buffer): Buffer => {
  const field = (n: number, bytes: Buffer): Buffer => Buffer.concat([Buffer.from([(n << 3) | 2, bytes.length]), bytes]);
  const typeMeta = Buffer.concat([field(1, Buffer.from(apiVersion)), field(2, Buffer.from(kind))]);
  return Buffer.concat([Buffer.from('k8s\0'), field(1, typeMeta), field(2, raw)]);
};
const protobufBodies: Array<[name: string, body: Buffer]> = [
  ['nothing', Buffer.alloc(0)],
  ['the first bytes alone', Buffer.from('k8s\0')],
  ['other first bytes', Buffer.from('k8s\u0001abc')],
  ['JSON', Buffer.from('{"metadata":{"name":"x"}}')],
  ['an endless number', Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(20, 0xff)])],
  ['a length beyond the end', Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x0a, 0x7f, 0x01])])],
  ['a kind nobody knows', envelope('v1', 'Nonsense', Buffer.alloc(0))],
  ['a kind of another group', envelope('apps/v1', 'ConfigMap', Buffer.alloc(0))],
  ['another kind than the path', envelope('v1', 'Secret', Buffer.alloc(0))],
  ['an object cut short', envelope('v1', 'ConfigMap', Buffer.from([0x0a, 0x10, 0x0a]))],
  ['a wire type that does not exist', envelope('v1', 'ConfigMap', Buffer.from([0x0f]))],
  ['an object without a name', envelope('v1', 'ConfigMap', Buffer.alloc(0))],
];

const contentTypes = [
  'text/plain',
  'text/html',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'application/cbor',
  'nonsense',
];

const types: Array<[name: string, path: string, body: object, reason: Reason]> = [
  ['another kind', configMaps, { kind: 'Secret', apiVersion: 'v1', ...named('x') }, 'BadRequest'],
  ['a kind nobody knows', configMaps, { kind: 'Nonsense', apiVersion: 'v1', ...named('x') }, 'BadRequest'],
  ['another version', configMaps, { kind: 'ConfigMap', apiVersion: 'v2', ...named('x') }, 'BadRequest'],
  ['another group', deployments, { ...standing.deployment, apiVersion: 'extensions/v1beta1' }, 'BadRequest'],
  ['a list of the kind', configMaps, { kind: 'ConfigMapList', apiVersion: 'v1', items: [] }, 'BadRequest'],
  ['a number as kind', configMaps, { kind: 1, ...named('x') }, 'BadRequest'],
  ['an object as apiVersion', configMaps, { apiVersion: {}, ...named('x') }, 'BadRequest'],
  ['__proto__ as kind', configMaps, { kind: '__proto__', apiVersion: 'v1', ...named('x') }, 'BadRequest'],
  ['metadata that is a text', configMaps, { metadata: 'x' }, 'BadRequest'],
  ['metadata that is a list', configMaps, { metadata: [] }, 'BadRequest'],
  ['no metadata', configMaps, {}, 'Invalid'],
  ['labels that are a list', configMaps, named('x', { labels: ['a'] }), 'BadRequest'],
  ['a label that is a number', configMaps, named('x', { labels: { a: 1 } }), 'BadRequest'],
  ['an annotation that is an object', configMaps, named('x', { annotations: { a: {} } }), 'BadRequest'],
  ['finalizers that are an object', configMaps, named('x', { finalizers: {} }), 'BadRequest'],
  ['a generation that is a text', configMaps, named('x', { generation: 'x' }), 'BadRequest'],
  ['a time that is none', configMaps, named('x', { creationTimestamp: 'yesterday' }), 'BadRequest'],
  ['data with a number', configMaps, { ...named('x'), data: { a: 1 } }, 'BadRequest'],
  ['data with an object', configMaps, { ...named('x'), data: { a: {} } }, 'BadRequest'],
  ['binary data that is not base64', configMaps, { ...named('x'), binaryData: { a: '***' } }, 'BadRequest'],
  ['immutable as a text', configMaps, { ...named('x'), immutable: 'true' }, 'BadRequest'],
  ['another namespace', configMaps, named('x', { namespace: 'kube-system' }), 'BadRequest'],
  ['a resourceVersion', configMaps, named('x', { resourceVersion: '7' }), 'BadRequest'],
  ['a namespace that does not exist', '/api/v1/namespaces/nowhere/configmaps', named('x'), 'NotFound'],
  ['a name that is taken', configMaps, named('there'), 'AlreadyExists'],
];

const badNames = [
  'UPPER',
  '-x',
  'x-',
  'a_b',
  'a b',
  'é',
  '.x',
  'x.',
  'a..b',
  'a/b',
  '..',
  '.',
  'x\n',
  '%',
  'a:b',
  '',
  'x'.repeat(254),
  '😀',
  '$x',
  '../../etc/passwd',
];
const metadata: Array<[name: string, metadata: object]> = [
  ['neither name nor generateName', {}],
  ['a generateName that is none', { generateName: 'UPPER-' }],
  ['a label key with two slashes', { name: 'x', labels: { 'a/b/c': 'd' } }],
  ['a label key with a blank', { name: 'x', labels: { 'a b': 'd' } }],
  ['an empty label key', { name: 'x', labels: { '': 'd' } }],
  ['a label key of 64 letters', { name: 'x', labels: { ['k'.repeat(64)]: 'd' } }],
  ['a label value with a blank', { name: 'x', labels: { a: 'b c' } }],
  ['a label value of 64 letters', { name: 'x', labels: { a: 'v'.repeat(64) } }],
  ['a label key with a bad prefix', { name: 'x', labels: { 'UP_PER/a': 'b' } }],
  ['an annotation key with a blank', { name: 'x', annotations: { 'a b': 'd' } }],
  ['annotations of 300 kB', { name: 'x', annotations: { a: 'v'.repeat(300_000) } }],
  ['a finalizer without a name', { name: 'x', finalizers: ['example.com/'] }],
  ['a finalizer that nobody may own', { name: 'x', finalizers: ['mine'] }],
  ['an owner without uid', { name: 'x', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: '' }] }],
  ['an owner without kind', { name: 'x', ownerReferences: [{ apiVersion: 'v1', kind: '', name: 'p', uid: 'u' }] }],
  [
    'two controllers',
    { name: 'x', ownerReferences: ['a', 'b'].map((it) => ({ apiVersion: 'v1', kind: 'Pod', name: it, uid: it, controller: true })) },
  ],
  ['a __proto__ label', { name: 'x', labels: JSON.parse('{"__proto__":"a"}') as object }],
];

const container = { name: 'c', image: 'i' };
const podSpecs: Array<[name: string, spec: object]> = [
  ['no containers', { containers: [] }],
  ['a container without a name', { containers: [{ image: 'i' }] }],
  ['a container without an image', { containers: [{ name: 'c' }] }],
  ['a bad container name', { containers: [{ name: 'C_C', image: 'i' }] }],
  ['two containers of a name', { containers: [container, container] }],
  ['a port beyond 65535', { containers: [{ ...container, ports: [{ containerPort: 65536 }] }] }],
  ['a port 0', { containers: [{ ...container, ports: [{ containerPort: 0 }] }] }],
  ['a negative port', { containers: [{ ...container, ports: [{ containerPort: -1 }] }] }],
  ['an unknown protocol', { containers: [{ ...container, ports: [{ containerPort: 1, protocol: 'SPX' }] }] }],
  [
    'a host port taken twice',
    {
      containers: [
        {
          ...container,
          ports: [
            { containerPort: 1, hostPort: 9 },
            { containerPort: 2, hostPort: 9 },
          ],
        },
      ],
    },
  ],
  ['an env var without a name', { containers: [{ ...container, env: [{ value: 'x' }] }] }],
  [
    'an env var with two sources',
    { containers: [{ ...container, env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }] },
  ],
  [
    'an unknown field path',
    { containers: [{ ...container, env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nothing' } } }] }] },
  ],
  ['a mount of no volume', { containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: '/x' }] }] }],
  [
    'two mounts at one place',
    {
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [
        {
          ...container,
          volumeMounts: [
            { name: 'v', mountPath: '/x' },
            { name: 'v', mountPath: '/x' },
          ],
        },
      ],
    },
  ],
  [
    'a sub path that climbs',
    {
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: '/x', subPath: '../y' }] }],
    },
  ],
  ['a volume of two kinds', { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }], containers: [container] }],
  [
    'two volumes of a name',
    {
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'v', emptyDir: {} },
      ],
      containers: [container],
    },
  ],
  ['a bad volume name', { volumes: [{ name: 'V', emptyDir: {} }], containers: [container] }],
  ['a hostPath that climbs', { volumes: [{ name: 'v', hostPath: { path: '/a/../b' } }], containers: [container] }],
  ['a configMap volume without a name', { volumes: [{ name: 'v', configMap: {} }], containers: [container] }],
  ['a secret volume without a name', { volumes: [{ name: 'v', secret: {} }], containers: [container] }],
  ['a claim without a name', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: '' } }], containers: [container] }],
  ['a mode beyond 0777', { volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: 512 } }], containers: [container] }],
  [
    'a key path that climbs',
    { volumes: [{ name: 'v', configMap: { name: 'c', items: [{ key: 'a', path: '../x' }] } }], containers: [container] },
  ],
  ['a request above the limit', { containers: [{ ...container, resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }] }],
  ['a negative limit', { containers: [{ ...container, resources: { limits: { memory: '-1' } } }] }],
  ['an unknown resource', { containers: [{ ...container, resources: { limits: { gold: '1' } } }] }],
  ['an unknown restart policy', { restartPolicy: 'Sometimes', containers: [container] }],
  ['an unknown DNS policy', { dnsPolicy: 'Guess', containers: [container] }],
  ['an unknown pull policy', { containers: [{ ...container, imagePullPolicy: 'Maybe' }] }],
  ['an image of blanks', { containers: [{ name: 'c', image: ' i' }] }],
  ['a probe without a handler', { containers: [{ ...container, livenessProbe: {} }] }],
  ['a probe with two handlers', { containers: [{ ...container, livenessProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 } } }] }],
  ['an exec probe without a command', { containers: [{ ...container, livenessProbe: { exec: {} } }] }],
  ['a probe of port 0', { containers: [{ ...container, livenessProbe: { tcpSocket: { port: 0 } } }] }],
  [
    'a liveness probe that must pass twice',
    { containers: [{ ...container, livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } }] },
  ],
  ['a negative probe period', { containers: [{ ...container, readinessProbe: { tcpSocket: { port: 1 }, periodSeconds: -1 } }] }],
  ['a deadline of 0', { activeDeadlineSeconds: 0, containers: [container] }],
  ['a bad host name', { hostname: 'A B', containers: [container] }],
  ['a bad node selector', { nodeSelector: { 'a b': 'c' }, containers: [container] }],
  ['a toleration of no effect', { tolerations: [{ key: 'a', operator: 'Exists', value: 'x' }], containers: [container] }],
  ['an unknown toleration effect', { tolerations: [{ key: 'a', operator: 'Exists', effect: 'Sleep' }], containers: [container] }],
  ['a bad host alias', { hostAliases: [{ ip: 'x', hostnames: ['a'] }], containers: [container] }],
  ['a negative user', { securityContext: { runAsUser: -1 }, containers: [container] }],
  [
    'a privileged container that may not gain',
    { containers: [{ ...container, securityContext: { privileged: true, allowPrivilegeEscalation: false } }] },
  ],
  ['a hook without a handler', { containers: [{ ...container, lifecycle: { preStop: {} } }] }],
  [
    'an init container with a liveness probe',
    { initContainers: [{ ...container, name: 'i', livenessProbe: { tcpSocket: { port: 1 } } }], containers: [container] },
  ],
  ['an init container named as another', { initContainers: [container], containers: [container] }],
];

const template = standing.deployment.spec.template;
const deploymentSpecs: Array<[name: string, spec: object]> = [
  ['no selector', { template }],
  ['an empty selector', { selector: {}, template }],
  ['a selector that misses the template', { selector: { matchLabels: { a: 'other' } }, template }],
  ['an unknown selector operator', { selector: { matchExpressions: [{ key: 'a', operator: 'Near', values: ['b'] }] }, template }],
  ['a selector In without values', { selector: { matchExpressions: [{ key: 'a', operator: 'In' }] }, template }],
  ['no template', { selector: { matchLabels: { a: 'b' } } }],
  ['negative replicas', { replicas: -1, selector: { matchLabels: { a: 'b' } }, template }],
  [
    'a template that is never restarted',
    { selector: { matchLabels: { a: 'b' } }, template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
  ],
  ['an unknown strategy', { selector: { matchLabels: { a: 'b' } }, template, strategy: { type: 'Hope' } }],
  [
    'Recreate with rolling parameters',
    { selector: { matchLabels: { a: 'b' } }, template, strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
  ],
  [
    'surge and unavailable both 0',
    { selector: { matchLabels: { a: 'b' } }, template, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
  ],
  ['a surge of words', { selector: { matchLabels: { a: 'b' } }, template, strategy: { rollingUpdate: { maxSurge: 'many' } } }],
  [
    'more than all unavailable',
    { selector: { matchLabels: { a: 'b' } }, template, strategy: { rollingUpdate: { maxUnavailable: '101%' } } },
  ],
  ['a negative history', { selector: { matchLabels: { a: 'b' } }, template, revisionHistoryLimit: -1 }],
  [
    'a deadline within minReadySeconds',
    { selector: { matchLabels: { a: 'b' } }, template, progressDeadlineSeconds: 5, minReadySeconds: 10 },
  ],
];

const serviceSpecs: Array<[name: string, spec: object]> = [
  ['no ports', { selector: { a: 'b' } }],
  ['port 0', { ports: [{ port: 0 }] }],
  ['port 70000', { ports: [{ port: 70_000 }] }],
  ['two ports without names', { ports: [{ port: 1 }, { port: 2 }] }],
  [
    'two ports of a name',
    {
      ports: [
        { port: 1, name: 'a' },
        { port: 2, name: 'a' },
      ],
    },
  ],
  ['a bad port name', { ports: [{ port: 1, name: 'A B' }] }],
  [
    'the same port twice',
    {
      ports: [
        { port: 1, name: 'a' },
        { port: 1, name: 'b' },
      ],
    },
  ],
  ['an unknown type', { type: 'Magic', ports: [{ port: 1 }] }],
  ['an unknown protocol', { ports: [{ port: 1, protocol: 'SPX' }] }],
  ['a bad target port name', { ports: [{ port: 1, targetPort: 'A_B' }] }],
  ['a node port without NodePort', { ports: [{ port: 1, nodePort: 30_000 }] }],
  ['a node port out of range', { type: 'NodePort', ports: [{ port: 1, nodePort: 80 }] }],
  ['a cluster IP out of range', { clusterIP: '1.2.3.4', ports: [{ port: 1 }] }],
  ['a cluster IP that is none', { clusterIP: 'x', ports: [{ port: 1 }] }],
  ['ExternalName without a name', { type: 'ExternalName' }],
  ['an unknown affinity', { sessionAffinity: 'Love', ports: [{ port: 1 }] }],
  ['a bad selector', { selector: { 'a b': 'c' }, ports: [{ port: 1 }] }],
  ['an external IP that is none', { externalIPs: ['x'], ports: [{ port: 1 }] }],
  ['headless NodePort', { type: 'NodePort', clusterIP: 'None', ports: [{ port: 1 }] }],
];

const claims = '/api/v1/namespaces/default/persistentvolumeclaims';
const claimSpecs: Array<[name: string, spec: object]> = [
  ['no access modes', { resources: { requests: { storage: '1Gi' } } }],
  ['an unknown access mode', { accessModes: ['Always'], resources: { requests: { storage: '1Gi' } } }],
  ['no size', { accessModes: ['ReadWriteOnce'] }],
  ['a size of 0', { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '0' } } }],
  ['a negative size', { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '-1Gi' } } }],
  ['a bad class', { storageClassName: 'A B', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }],
  ['an unknown volume mode', { volumeMode: 'Tape', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }],
];

const queries: Array<[query: string, reason: Reason]> = [
  ['labelSelector=a=b=c', 'BadRequest'],
  ['labelSelector=a in b', 'BadRequest'],
  ['labelSelector=!', 'BadRequest'],
  ['labelSelector=,', 'BadRequest'],
  ['labelSelector=a in (b', 'BadRequest'],
  ['labelSelector=a/b/c', 'BadRequest'],
  ['labelSelector=a=b c', 'BadRequest'],
  ['labelSelector=a>b', 'BadRequest'],
  [`labelSelector=${'k'.repeat(64)}`, 'BadRequest'],
  ['fieldSelector=x', 'BadRequest'],
  ['fieldSelector=spec.nothing=x', 'BadRequest'],
  ['fieldSelector=__proto__=x', 'BadRequest'],
  ['fieldSelector=constructor=x', 'BadRequest'],
  ['fieldSelector=metadata.name', 'BadRequest'],
  ['limit=x', 'BadRequest'],
  ['limit=1.5', 'BadRequest'],
  ['limit=1e3', 'BadRequest'],
  ['timeoutSeconds=x&watch=1', 'BadRequest'],
  ['resourceVersion=x', 'BadRequest'],
  ['resourceVersion=-1', 'BadRequest'],
  ['resourceVersion=1.5', 'BadRequest'],
  ['resourceVersion=x&watch=1', 'BadRequest'],
  ['resourceVersionMatch=Exact', 'Invalid'],
  ['resourceVersionMatch=Near&resourceVersion=1', 'Invalid'],
  ['resourceVersionMatch=Exact&resourceVersion=0', 'Invalid'],
  ['resourceVersionMatch=Exact&resourceVersion=1&watch=1', 'Invalid'],
  ['sendInitialEvents=true&watch=1', 'Invalid'],
  ['sendInitialEvents=true&resourceVersionMatch=Exact&watch=1', 'Invalid'],
  ['sendInitialEvents=true', 'Invalid'],
  ['continue=nonsense', 'BadRequest'],
  ['continue=e30', 'BadRequest'],
  ['continue=%00', 'BadRequest'],
  [`continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"../../secrets/x"}').toString('base64url')}`, 'BadRequest'],
  [`continue=${Buffer.from('{"rv":-7,"start":"a"}').toString('base64url')}`, 'BadRequest'],
];

const accepts = [
  'text/html',
  'application/xml',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Nonsense;g=meta.k8s.io;v=v1',
  'application/json;as=Table;g=meta.k8s.io;v=v9',
  'image/*',
  'application/json;q=0',
];

const places: Array<[method: string, path: string, reason: Reason]> = [
  ['GET', '/api/v1/nonsense', 'NotFound'],
  ['GET', '/api/v2/pods', 'NotFound'],
  ['GET', '/apis/nonsense/v1/pods', 'NotFound'],
  ['GET', '/apis/apps/v9/deployments', 'NotFound'],
  ['GET', '/apis/apps/v1/pods', 'NotFound'],
  ['GET', '/nonsense', 'NotFound'],
  ['GET', '/api/v1/pods/there', 'NotFound'],
  ['GET', '/api/v1/namespaces/default/nodes', 'NotFound'],
  ['GET', `${pods}/missing`, 'NotFound'],
  ['GET', `${pods}/%00`, 'NotFound'],
  ['GET', `${pods}/..%2fthere`, 'NotFound'],
  ['GET', `${pods}/__proto__`, 'NotFound'],
  ['GET', '/api/v1/namespaces/default/__proto__', 'NotFound'],
  ['GET', '/api/v1/namespaces/default/constructor', 'NotFound'],
  ['GET', '/apis/__proto__/v1/x', 'NotFound'],
  ['GET', `${pods}/there/__proto__`, 'NotFound'],
  ['GET', `${pods}/there/constructor`, 'NotFound'],
  ['GET', `${pods}/there/nonsense`, 'NotFound'],
  ['GET', `${pods}/there/status/more`, 'NotFound'],
  ['GET', `${configMaps}/there/scale`, 'NotFound'],
  ['GET', `${configMaps}/there/status`, 'NotFound'],
  ['POST', `${pods}/there`, 'MethodNotAllowed'],
  ['PUT', pods, 'MethodNotAllowed'],
  ['PATCH', pods, 'MethodNotAllowed'],
  ['POST', '/api/v1/pods', 'MethodNotAllowed'],
  ['DELETE', '/api/v1/pods', 'MethodNotAllowed'],
  ['DELETE', '/api/v1/namespaces', 'MethodNotAllowed'],
  ['OPTIONS', pods, 'MethodNotAllowed'],
  ['PROPFIND', pods, 'MethodNotAllowed'],
  ['POST', `${pods}/there/status`, 'MethodNotAllowed'],
  ['DELETE', `${pods}/there/status`, 'MethodNotAllowed'],
  ['POST', `${deployments}/there/scale`, 'MethodNotAllowed'],
  ['DELETE', `${deployments}/there/scale`, 'MethodNotAllowed'],
  ['GET', `${pods}/there/binding`, 'MethodNotAllowed'],
  ['GET', `${pods}/there/eviction`, 'MethodNotAllowed'],
  ['POST', '/api', 'MethodNotAllowed'],
  ['DELETE', '/apis/apps/v1', 'MethodNotAllowed'],
  ['DELETE', `${pods}/missing`, 'NotFound'],
  ['DELETE', '/api/v1/namespaces/default', 'Forbidden'],
  ['DELETE', '/api/v1/namespaces/kube-system', 'Forbidden'],
  ['GET', '/openapi/v3/nonsense', 'NotFound'],
  ['GET', '/healthz/nonsense', 'NotFound'],
];

const strategic = 'application/strategic-merge-patch+json';
const merge = 'application/merge-patch+json';
const json = 'application/json-patch+json';
const patches: Array<[name: string, path: string, type: string, body: string | object, reason: Reason | Reason[]]> = [
  ['no patch type', pods, 'application/json', {}, 'UnsupportedMediaType'],
  ['YAML as patch type', pods, 'application/yaml', '{}', 'UnsupportedMediaType'],
  ['an apply by nobody', pods, 'application/apply-patch+yaml', '{}', 'Invalid'],
  ['a merge patch cut short', pods, merge, '{"metadata":', 'BadRequest'],
  ['a merge patch that is a list', pods, merge, '[]', 'BadRequest'],
  ['a merge patch that is a text', pods, merge, '"x"', 'BadRequest'],
  ['a merge patch that is null', pods, merge, 'null', 'BadRequest'],
  ['a strategic patch that is a list', pods, strategic, '[]', 'BadRequest'],
  ['a JSON patch that is an object', pods, json, {}, 'BadRequest'],
  ['a JSON patch of numbers', pods, json, '[1]', 'BadRequest'],
  ['a JSON patch of nulls', pods, json, '[null]', 'BadRequest'],
  ['an unknown operation', pods, json, [{ op: 'shake', path: '/spec' }], ['BadRequest', 'Invalid']],
  ['an operation without a path', pods, json, [{ op: 'add', value: 1 }], 'BadRequest'],
  ['a test that fails', pods, json, [{ op: 'test', path: '/metadata/name', value: 'other' }], 'Invalid'],
  ['a removal of nothing', pods, json, [{ op: 'remove', path: '/metadata/nothing' }], 'Invalid'],
  ['a place beyond the list', pods, json, [{ op: 'add', path: '/spec/containers/9', value: {} }], 'Invalid'],
  ['a path without a slash', pods, json, [{ op: 'replace', path: 'metadata', value: {} }], ['BadRequest', 'Invalid']],
  [
    'copies that double each time',
    pods,
    json,
    Array.from({ length: 60 }, (_, i) => ({ op: 'copy', from: '', path: `/metadata/x${i}` })),
    'Invalid',
  ],
  ['a copy from nowhere', pods, json, [{ op: 'copy', from: '/nowhere/at/all', path: '/metadata/labels' }], 'Invalid'],
  ['a JSON patch of __proto__', pods, json, [{ op: 'add', path: '/__proto__/polluted', value: 1 }], 'Invalid'],
  ['a JSON patch of the whole', pods, json, [{ op: 'replace', path: '', value: null }], 'Invalid'],
  ['too many operations', pods, json, Array(10_001).fill({ op: 'test', path: '/kind', value: 'Pod' }), 'RequestEntityTooLarge'],
  ['another name', pods, merge, { metadata: { name: 'other' } }, ['BadRequest', 'Invalid']],
  ['another namespace', pods, merge, { metadata: { namespace: 'other' } }, ['BadRequest', 'Invalid']],
  ['another uid', pods, merge, { metadata: { uid: 'other' } }, 'Conflict'],
  ['another kind', pods, merge, { kind: 'Other' }, 'Invalid'],
  ['an old resourceVersion', pods, merge, { metadata: { resourceVersion: '1' }, spec: { activeDeadlineSeconds: 5 } }, 'Conflict'],
  ['another image pull policy', pods, strategic, { spec: { containers: [{ name: 'c', imagePullPolicy: 'Never' }] } }, 'Invalid'],
  ['one more container', pods, strategic, { spec: { containers: [{ name: 'd', image: 'i' }] } }, 'Invalid'],
  ['a container without its merge key', pods, strategic, { spec: { containers: [{ image: 'i' }] } }, 'BadRequest'],
  ['an unknown directive', pods, strategic, { $patch: 'shake' }, 'BadRequest'],
  ['containers that are an object', pods, strategic, { spec: { containers: {} } }, 'Invalid'],
  ['replicas that are a text', deployments, merge, { spec: { replicas: 'x' } }, 'Invalid'],
  ['negative replicas', deployments, merge, { spec: { replicas: -1 } }, 'Invalid'],
  [
    'another selector',
    deployments,
    merge,
    { spec: { selector: { matchLabels: { a: 'c' } }, template: { metadata: { labels: { a: 'c' } } } } },
    'Invalid',
  ],
  ['no template', deployments, merge, { spec: { template: null } }, 'Invalid'],
  ['a bad label', pods, merge, { metadata: { labels: { 'a b': 'c' } } }, 'Invalid'],
  ['a depth of 50,000', pods, merge, `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, 'BadRequest'],
];

const puts: Array<[name: string, path: string, body: object, reason: Reason]> = [
  ['another name than the path', `${configMaps}/there`, named('other'), 'BadRequest'],
  ['another namespace than the path', `${configMaps}/there`, named('there', { namespace: 'other' }), 'BadRequest'],
  ['an object that is not there', `${configMaps}/missing`, named('missing'), 'NotFound'],
  ['an old resourceVersion', `${configMaps}/there`, named('there', { resourceVersion: '1' }), 'Conflict'],
  ['a resourceVersion of words', `${configMaps}/there`, named('there', { resourceVersion: 'x' }), 'Conflict'],
  ['another uid', `${configMaps}/there`, named('there', { uid: 'other' }), 'Conflict'],
  [
    'a spec that may not change',
    `${pods}/there`,
    { ...standing.pod, spec: { containers: [{ name: 'c', image: 'i' }], hostNetwork: true } },
    'Invalid',
  ],
  ['a scale without an object', `${deployments}/missing/scale`, { spec: { replicas: 1 } }, 'NotFound'],
  ['a negative scale', `${deployments}/there/scale`, { ...named('there'), spec: { replicas: -1 } }, 'Invalid'],
  ['a scale of words', `${deployments}/there/scale`, { ...named('there'), spec: { replicas: 'x' } }, 'BadRequest'],
  ['a fraction of a replica', `${deployments}/there/scale`, { ...named('there'), spec: { replicas: 1.5 } }, 'BadRequest'],
  ['a scale of another kind', `${deployments}/there/scale`, { kind: 'Pod', ...named('there'), spec: { replicas: 1 } }, 'BadRequest'],
  ['a status that is a text', `${pods}/there/status`, { ...standing.pod, status: 'x' }, 'BadRequest'],
];

const deletes: Array<[name: string, ask: Partial<Ask>, reason: Reason]> = [
  ['a body cut short', { body: '{' }, 'BadRequest'],
  ['a list', { body: '[]' }, 'BadRequest'],
  ['another kind', { body: { kind: 'Pod', apiVersion: 'v1' } }, 'BadRequest'],
  ['a grace period of words', { body: { gracePeriodSeconds: 'x' } }, 'BadRequest'],
  ['an unknown policy', { body: { propagationPolicy: 'Sideways' } }, 'Invalid'],
  ['two policies', { body: { propagationPolicy: 'Orphan', orphanDependents: true } }, 'Invalid'],
  ['an unknown dry run', { body: { dryRun: ['Some'] } }, 'Invalid'],
  ['another uid', { body: { preconditions: { uid: 'other' } } }, 'Conflict'],
  ['another resourceVersion', { body: { preconditions: { resourceVersion: '1' } } }, 'Conflict'],
  ['a grace period of words in the query', { path: '?gracePeriodSeconds=x' }, 'BadRequest'],
  ['an unknown policy in the query', { path: '?propagationPolicy=Sideways' }, 'Invalid'],
  ['an unknown dry run in the query', { path: '?dryRun=Some' }, 'Invalid'],
  ['a wrong content type', { body: 'x', type: 'text/plain' }, 'UnsupportedMediaType'],
];

const strict: Array<[name: string, ask: Ask, says: string]> = [
  ['an unknown field', post(`${configMaps}?fieldValidation=Strict`, { ...named('x'), dada: {} }), 'unknown field "dada"'],
  [
    'an unknown field of the metadata',
    post(`${configMaps}?fieldValidation=Strict`, named('x', { nam: 'y' })),
    'unknown field "metadata.nam"',
  ],
  [
    'an unknown field of a container',
    post(`${pods}?fieldValidation=Strict`, { ...named('x'), spec: { containers: [{ ...container, imag: 'i' }] } }),
    'unknown field "spec.containers\\[0\\].imag"',
  ],
  ['a field in other letters', post(`${configMaps}?fieldValidation=Strict`, { ...named('x'), Data: {} }), 'unknown field "Data"'],
  [
    'a __proto__ field',
    post(`${configMaps}?fieldValidation=Strict`, '{"metadata":{"name":"x"},"__proto__":{"polluted":1}}'),
    'unknown field "__proto__"',
  ],
  [
    'a constructor field',
    post(`${configMaps}?fieldValidation=Strict`, '{"metadata":{"name":"x"},"constructor":{"prototype":{"polluted":1}}}'),
    'unknown field "constructor"',
  ],
  [
    'a doubled key',
    post(`${configMaps}?fieldValidation=Strict`, '{"metadata":{"name":"x"},"data":{"a":"1","a":"2"}}'),
    'duplicate field "data.a"',
  ],
  [
    'a doubled metadata',
    post(`${configMaps}?fieldValidation=Strict`, '{"metadata":{"name":"x"},"metadata":{"name":"y"}}'),
    'duplicate field "metadata"',
  ],
  [
    'a doubled key in a list',
    post(`${pods}?fieldValidation=Strict`, '{"metadata":{"name":"x"},"spec":{"containers":[{"name":"a","name":"c","image":"i"}]}}'),
    'duplicate field "spec.containers\\[0\\].name"',
  ],
  [
    'a doubled key in YAML',
    post(`${configMaps}?fieldValidation=Strict`, 'metadata: {name: x}\ndata:\n  a: "1"\n  a: "2"\n', 'application/yaml'),
    'already set|duplicate',
  ],
  [
    'an unknown field in YAML',
    post(`${configMaps}?fieldValidation=Strict`, 'metadata: {name: x}\ndada: {}\n', 'application/yaml'),
    'unknown field "dada"',
  ],
  [
    'an unknown field of a patch',
    { method: 'PATCH', path: `${pods}/there?fieldValidation=Strict`, body: { spec: { nothing: 1 } }, type: merge },
    'unknown field "spec.nothing"',
  ],
  [
    'a doubled key of a patch',
    {
      method: 'PATCH',
      path: `${pods}/there?fieldValidation=Strict`,
      body: '{"metadata":{"labels":{"a":"1"},"labels":{"a":"2"}}}',
      type: merge,
    },
    'duplicate field "metadata.labels"',
  ],
];

const options: Array<[query: string, reason: Reason]> = [
  ['dryRun=Some', 'Invalid'],
  ['dryRun=', 'Invalid'],
  ['dryRun=All&dryRun=Some', 'Invalid'],
  ['fieldValidation=Harsh', 'Invalid'],
  [`fieldManager=${'x'.repeat(129)}`, 'Invalid'],
  ['fieldManager=%07', 'Invalid'],
];

const acts: Array<[name: string, ask: Ask, reason: Reason]> = [
  ['a binding without a target', post(`${pods}/there/binding`, { ...named('there') }), 'Invalid'],
  ['a binding to a service', post(`${pods}/there/binding`, { ...named('there'), target: { kind: 'Service', name: 'n' } }), 'Invalid'],
  ['a binding of words', post(`${pods}/there/binding`, { ...named('there'), target: 'n' }), 'BadRequest'],
  ['a binding of a list', post(`${pods}/there/binding`, '[]'), 'BadRequest'],
  ['a binding of nobody', post(`${pods}/missing/binding`, { ...named('missing'), target: { kind: 'Node', name: 'n' } }), 'NotFound'],
  ['an eviction of another kind', post(`${pods}/there/eviction`, { kind: 'Pod', apiVersion: 'v1', ...named('there') }), 'BadRequest'],
  ['an eviction of a list', post(`${pods}/there/eviction`, '[1]'), 'BadRequest'],
  ['an eviction of nobody', post(`${pods}/missing/eviction`, { ...named('missing') }), 'NotFound'],
  [
    'an eviction with wrong options',
    post(`${pods}/there/eviction`, { ...named('there'), deleteOptions: { gracePeriodSeconds: 'x' } }),
    'BadRequest',
  ],
  [
    'a finalize of another kind',
    { method: 'PUT', path: '/api/v1/namespaces/default/finalize', body: { kind: 'Pod', apiVersion: 'v1', ...named('default') } },
    'BadRequest',
  ],
  ['a finalize of nobody', { method: 'PUT', path: '/api/v1/namespaces/missing/finalize', body: named('missing') }, 'NotFound'],
];

const huge = Buffer.alloc(3 * 1024 * 1024 + 1, 0x20);

refuses([
  ...bodies.map(([name, body]) => refusal(`JSON: ${name}`, post(configMaps, body), 'BadRequest')),
  ...yamlBodies.map(([name, body]) => refusal(`YAML: ${name}`, post(configMaps, body, 'application/yaml'), 'BadRequest')),
  ...protobufBodies.map(([name, body]) => refusal(`protobuf: ${name}`, post(configMaps, body, protobuf), ['BadRequest', 'Invalid'])),
  ...contentTypes.map((it) => refusal(`content type ${it}`, post(configMaps, named('x'), it), 'UnsupportedMediaType')),
  ...types.map(([name, path, body, reason]) => refusal(`object: ${name}`, post(path, body), reason)),
  ...badNames.map((it) => refusal(`name: ${JSON.stringify(it.slice(0, 20))}`, post(configMaps, named(it)), 'Invalid', 'metadata.name')),
  ...metadata.map(([name, it]) => refusal(`metadata: ${name}`, post(configMaps, { metadata: it }), 'Invalid', /metadata\./)),
  ...podSpecs.map(([name, spec]) => refusal(`pod: ${name}`, post(pods, { ...named('x'), spec }), 'Invalid', /spec\./)),
  ...deploymentSpecs.map(([name, spec]) => refusal(`deployment: ${name}`, post(deployments, { ...named('x'), spec }), 'Invalid', /spec\./)),
  ...serviceSpecs.map(([name, spec]) => refusal(`service: ${name}`, post(services, { ...named('x'), spec }), 'Invalid', /spec\./)),
  ...claimSpecs.map(([name, spec]) => refusal(`claim: ${name}`, post(claims, { ...named('x'), spec }), 'Invalid', /spec\./)),
  ...queries.map(([query, reason]) =>
    refusal(`list?${query.slice(0, 60)}`, { path: encodeURI(`${configMaps}?${query}`).replace('%2500', '%00') }, reason),
  ),
  ...accepts.map((it) => refusal(`Accept: ${it}`, { path: configMaps, headers: { Accept: it } }, 'NotAcceptable')),
  ...places.map(([method, path, reason]) => refusal(`${method} ${path}`, { method, path }, reason)),
  ...patches.map(([name, path, type, body, reason]) =>
    refusal(`patch: ${name}`, { method: 'PATCH', path: `${path}/there`, type, body }, reason),
  ),
  ...puts.map(([name, path, body, reason]) => refusal(`put: ${name}`, { method: 'PUT', path, body }, reason)),
  ...deletes.map(([name, ask, reason]) =>
    refusal(`delete: ${name}`, { method: 'DELETE', ...ask, path: `${configMaps}/there${ask.path ?? ''}` }, reason),
  ),
  ...strict.map(([name, ask, says]) =>
    refusal(`strict: ${name}`, ask, ask.method === 'PATCH' ? 'Invalid' : 'BadRequest', new RegExp(says)),
  ),
  ...options.map(([query, reason]) => refusal(`create?${query.slice(0, 40)}`, post(`${configMaps}?${query}`, named('x')), reason)),
  ...acts.map(([name, ask, reason]) => refusal(`act: ${name}`, ask, reason)),
  refusal('a body beyond 3 MiB', post(configMaps, huge), 'RequestEntityTooLarge'),
  refusal('a body beyond 3 MiB in YAML', post(configMaps, huge, 'application/yaml'), 'RequestEntityTooLarge'),
  refusal('a patch beyond 3 MiB', { method: 'PATCH', path: `${pods}/there`, type: merge, body: huge }, 'RequestEntityTooLarge'),
  refusal('a delete beyond 3 MiB', { method: 'DELETE', path: `${pods}/there`, body: huge }, 'RequestEntityTooLarge'),
  refusal('data beyond 1 MiB', post(configMaps, { ...named('x'), data: { a: 'x'.repeat(1_048_577) } }), 'Invalid', /Too long/),
  refusal('a bad data key', post(configMaps, { ...named('x'), data: { 'a b': 'x' } }), 'Invalid', /data/),
  refusal('a data key that climbs', post(configMaps, { ...named('x'), data: { '..': 'x' } }), 'Invalid', /data/),
  refusal(
    'a secret of the wrong form',
    post('/api/v1/namespaces/default/secrets', { ...named('x'), type: 'kubernetes.io/dockerconfigjson' }),
    'Invalid',
    /data/,
  ),
]);
