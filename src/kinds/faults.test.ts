import { expect, test } from 'vitest';
import type { KubeObject } from '../meta/types.ts';
import { kindByName } from './index.ts';

type Body = { [field: string]: unknown };
type Written = Body & { apiVersion: string; kind: string };

function faults(it: Written, was?: Written): string[] {
  const kind = kindByName(it.apiVersion, it.kind);
  const ready = (body: Written): KubeObject => {
    const object = structuredClone({ metadata: { name: 'x', namespace: 'default' }, ...body }) as unknown as KubeObject;
    kind?.defaults?.(object);
    return object;
  };
  return (kind?.validate?.(ready(it), was && ready(was)) ?? []).map(({ path, message }) => `${path}: ${message}`);
}

const pod = (spec: Body): Written => ({ apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ name: 'a', image: 'x' }], ...spec } });
const volume = (spec: Body): Written => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, ...(spec.local ? {} : { hostPath: { path: '/x' } }), ...spec },
});
const claim = (spec: Body): Written => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
const node = (spec: Body): Written => ({ apiVersion: 'v1', kind: 'Node', spec });
const onlyPvc = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
const taint = { key: 'a', value: 'b', effect: 'NoSchedule' };

const cases: Array<[what: string, it: Written, want: string[], was?: Written]> = [
  [
    'a volume of no such access mode',
    volume({ accessModes: ['Once'] }),
    ['spec.accessModes: Unsupported value: "Once": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"'],
  ],
  [
    'a local volume anywhere',
    volume({ local: { path: '/a/../b' } }),
    [
      'spec.local.path: Invalid value: "/a/../b": must not contain \'..\'',
      'spec.nodeAffinity: Required value: Local volume requires node affinity',
    ],
  ],
  [
    'a volume of another mode',
    volume({ volumeMode: 'Block' }),
    ['spec.volumeMode: Invalid value: "Block": field is immutable'],
    volume({}),
  ],
  ['a claim on what is no claim', claim({ dataSource: { kind: 'Pod', name: 'p' } }), [`spec.dataSource: Invalid value: "Pod": ${onlyPvc}`]],
  [
    'taints that are one',
    node({ taints: [taint, { ...taint, value: 'c' }] }),
    [
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"c","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    ],
  ],
  [
    'a taint of no effect',
    node({ taints: [{ ...taint, effect: 'Sleep' }] }),
    ['metadata.taints[0].effect: Unsupported value: "Sleep": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'],
  ],
  [
    'a node of another range',
    node({ podCIDRs: ['10.1.0.0/24'] }),
    ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'],
    node({ podCIDRs: ['10.0.0.0/24'] }),
  ],
  [
    'endpoints of no protocol, and of names that are none',
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], hostname: 'A' }],
      ports: [{ port: 1, protocol: 'ICMP' }],
    },
    [
      expect.stringContaining('endpoints[0].hostname: Invalid value: "A": a lowercase RFC 1123 label'),
      'ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
    ],
  ],
  [
    'a class that reclaims nothing',
    { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', provisioner: 'a.b/c', reclaimPolicy: 'Keep' },
    ['reclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Retain"'],
  ],
  ['a pod’s image', pod({ containers: [{ name: 'a', image: 'y', imagePullPolicy: 'Always' }] }), [], pod({})],
  [
    'a container more',
    pod({
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x' },
      ],
    }),
    ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    pod({}),
  ],
  [
    'a longer deadline',
    pod({ activeDeadlineSeconds: 9 }),
    ['spec.activeDeadlineSeconds: Invalid value: 9: must be less than or equal to previous value'],
    pod({ activeDeadlineSeconds: 5 }),
  ],
  [
    'no deadline any more',
    pod({}),
    ['spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value'],
    pod({ activeDeadlineSeconds: 5 }),
  ],
  [
    'a new gate',
    pod({ schedulingGates: [{ name: 'g' }] }),
    ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'"],
    pod({}),
  ],
  [
    'other nodes while held back',
    pod({ schedulingGates: [{ name: 'g' }], nodeSelector: { a: 'c' } }),
    ['spec.nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)'],
    pod({ schedulingGates: [{ name: 'g' }], nodeSelector: { a: 'b' } }),
  ],
  [
    'fewer nodes while held back',
    pod({ schedulingGates: [{ name: 'g' }], nodeSelector: { a: 'b' } }),
    [],
    pod({ schedulingGates: [{ name: 'g' }] }),
  ],
  [
    'what does not change, with what would',
    pod({ hostname: 'h' }),
    [
      expect.stringMatching(
        /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`,.*\n@@ -\d+,\d+ \+\d+,\d+ @@\n(.*\n)*[+] {1,2}"hostname": "h",\n/,
      ),
    ],
    pod({}),
  ],
];
test.each(cases)('%s', (_, it, want, was) => expect(faults(it, was)).toEqual(want));
