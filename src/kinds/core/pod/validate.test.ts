import { expect, test } from 'vitest';
import type { Container, Pod, PodSpec, Volume } from '../../generated/core-v1.ts';
import { pod } from './pod.ts';

/** What is said where a closed set is asked for may be anything here: that is what is tested. */
type Loose<T> = T extends string ? string : T extends object ? { [K in keyof T]: Loose<T[K]> } : T;
type Change = { spec?: Loose<Partial<PodSpec>>; container?: Loose<Partial<Container>>; annotations?: { [key: string]: string } };

function made({ spec, container, annotations }: Change): Pod {
  const it = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', ...(annotations && { annotations }) },
    spec: { containers: [{ name: 'app', image: 'x', ...container }], ...spec },
  } as Pod;
  pod.defaults?.(it);
  return it;
}
const faults = (change: Change): string[] =>
  (pod.validate?.(made(change)) ?? []).map(({ path, reason, message }) => `${path} ${reason.replace('FieldValue', '')} ${message}`);

const sysctls = (...names: string[]): Pick<PodSpec, 'securityContext'> => ({
  securityContext: { sysctls: names.map((name) => ({ name, value: '1' })) },
});
const volume = (source: Loose<Partial<Volume>>): Change => ({ spec: { volumes: [{ name: 'v', ...source }] } });
const sysctlRule =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';

const cases: Array<[what: string, change: Change, want: string[]]> = [
  ['kernel settings', { spec: sysctls('kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net/ipv4/tcp_syncookies') }, []],
  [
    'kernel settings of no such names',
    { spec: sysctls('foo-', 'bar..', '') },
    [
      `spec.securityContext.sysctls[0].name Invalid Invalid value: "foo-": ${sysctlRule}`,
      `spec.securityContext.sysctls[1].name Invalid Invalid value: "bar..": ${sysctlRule}`,
      'spec.securityContext.sysctls[2].name Required Required value',
    ],
  ],
  [
    'one kernel setting twice',
    { spec: sysctls('kernel.msgmax', 'kernel.msgmax') },
    ['spec.securityContext.sysctls[1].name Duplicate Duplicate value: "kernel.msgmax"'],
  ],
  [
    'kernel settings of namespaces that are the host’s',
    {
      spec: { hostNetwork: true, hostIPC: true, ...sysctls('net.ipv4.ip_forward', 'fs.mqueue.msg_max', 'kernel.shmall', 'vm.swappiness') },
    },
    [
      `spec.securityContext.sysctls[0].name Invalid Invalid value: "net.ipv4.ip_forward": may not be specified when 'hostNetwork' is true`,
      `spec.securityContext.sysctls[1].name Invalid Invalid value: "fs.mqueue.msg_max": may not be specified when 'hostIPC' is true`,
      `spec.securityContext.sysctls[2].name Invalid Invalid value: "kernel.shmall": may not be specified when 'hostIPC' is true`,
    ],
  ],
  ['secrets for pulling need no name', { spec: { imagePullSecrets: [{}] } }, []],
  [
    'a restart policy that is none',
    { spec: { restartPolicy: 'always' } },
    ['spec.restartPolicy NotSupported Unsupported value: "always": supported values: "Always", "OnFailure", "Never"'],
  ],
  [
    'no look-up of names said by nobody',
    { spec: { dnsPolicy: 'None' } },
    ['spec.dnsConfig Required Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
  ],
  ['search paths with underscores, and none', { spec: { dnsConfig: { searches: ['_tcp.a_b.example.', '.'] } } }, []],
  [
    'a gate twice',
    { spec: { schedulingGates: [{ name: 'a' }, { name: 'a' }] } },
    ['spec.schedulingGates[1] Duplicate Duplicate value: "a"'],
  ],
  [
    'a node for a pod that is held back',
    { spec: { nodeName: 'n', schedulingGates: [{ name: 'a' }] } },
    ['spec.nodeName Forbidden Forbidden: cannot be set until all schedulingGates have been cleared'],
  ],
  [
    'an operating system that is none',
    { spec: { os: { name: 'plan9' } } },
    ['spec.os NotSupported Unsupported value: "plan9": supported values: "linux", "windows"'],
  ],
  [
    'what Windows has not',
    { spec: { os: { name: 'windows' }, hostPID: true }, container: { securityContext: { privileged: true } } },
    [
      'spec.hostPID Forbidden Forbidden: cannot be set for a windows pod',
      'spec.containers[0].securityContext.privileged Forbidden Forbidden: cannot be set for a windows pod',
    ],
  ],
  [
    'own users in namespaces of the host',
    { spec: { hostUsers: false, hostPID: true } },
    ['spec.HostPID Forbidden Forbidden: when `hostUsers` is false'],
  ],
  [
    'a seccomp profile without its file',
    { container: { securityContext: { seccompProfile: { type: 'Localhost' } } } },
    [
      'spec.containers[0].securityContext.seccompProfile.localhostProfile Required Required value: must be set when seccomp type is Localhost',
    ],
  ],
  [
    'an AppArmor profile of no kind',
    { spec: { securityContext: { appArmorProfile: { type: 'x' } } } },
    [
      'spec.securityContext.appArmorProfile.type NotSupported Unsupported value: "x": supported values: "Localhost", "RuntimeDefault", "Unconfined"',
    ],
  ],
  [
    'a bare process file system on the users of the host',
    { container: { securityContext: { procMount: 'Unmasked' } } },
    ['spec.containers[0].securityContext.procMount Invalid Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`'],
  ],
  [
    'a toleration for all without saying so',
    { spec: { tolerations: [{ operator: 'x', effect: 'y' }] } },
    [
      'spec.tolerations[0].operator Invalid Invalid value: "x": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      'spec.tolerations[0].operator NotSupported Unsupported value: "x": supported values: "Equal", "Exists"',
      'spec.tolerations[0].effect NotSupported Unsupported value: "y": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  ],
  [
    'spreading over fewer domains than there must be',
    { spec: { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2 }] } },
    [
      'spec.topologySpreadConstraints[0].minDomains Invalid Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
    ],
  ],
  [
    'resources of no such names',
    { container: { resources: { limits: { foo: '1', 'a/b/c': '1', 'example.com/gpu': '1500m' } } } },
    [
      'spec.containers[0].resources.limits[foo] Invalid Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.limits[foo] Invalid Invalid value: "foo": must be a standard resource for containers',
      expect.stringContaining('Invalid value: "a/b/c": a valid label key must consist of'),
      `spec.containers[0].resources.limits[a/b/c] Invalid Invalid value: "a/b/c": doesn't follow extended resource name standard`,
      'spec.containers[0].resources.limits[example.com/gpu] Invalid Invalid value: "1500m": must be an integer',
      ...['foo', 'foo', 'a/b/c', 'a/b/c', 'example.com/gpu'].flatMap((it) => [
        expect.stringContaining(`spec.containers[0].resources.requests[${it}] Invalid`),
      ]),
    ],
  ],
  [
    'huge pages alone',
    { container: { resources: { limits: { 'hugepages-2Mi': '2Mi' } } } },
    ['spec.containers[0].resources Forbidden Forbidden: HugePages require cpu or memory'],
  ],
  [
    'a mount and a device of volumes that are not there',
    { container: { volumeMounts: [{ name: 'v', mountPath: '/a' }], volumeDevices: [{ name: 'v', devicePath: '/a' }] } },
    [
      'spec.containers[0].volumeMounts[0].name NotFound Not found: "v"',
      'spec.containers[0].volumeMounts[0].name Invalid Invalid value: "v": must not already exist in volumeDevices',
      'spec.containers[0].volumeMounts[0].mountPath Invalid Invalid value: "/a": must not already exist as a path in volumeDevices',
      'spec.containers[0].volumeDevices[0].name NotFound Not found: "v"',
      'spec.containers[0].volumeDevices[0].name Invalid Invalid value: "v": must not already exist in volumeMounts',
      'spec.containers[0].volumeDevices[0].devicePath Invalid Invalid value: "/a": must not already exist as a path in volumeMounts',
    ],
  ],
  [
    'two sources in one volume: the first in upstream’s order is the volume’s',
    volume({ secret: { secretName: 's' }, emptyDir: {} }),
    ['spec.volumes[0].secret Forbidden Forbidden: may not specify more than 1 volume type'],
  ],
  [
    'a host path of no kind',
    volume({ hostPath: { path: '/a/../b', type: 'Folder' } }),
    [
      `spec.volumes[0].hostPath.path Invalid Invalid value: "/a/../b": must not contain '..'`,
      expect.stringContaining(
        'spec.volumes[0].hostPath.type NotSupported Unsupported value: "Folder": supported values: "", "BlockDevice"',
      ),
    ],
  ],
  [
    'two files of one path, and a token for nobody',
    volume({
      projected: {
        sources: [
          {
            secret: {
              name: 's',
              items: [
                { key: 'a', path: 'f' },
                { key: 'b', path: 'f' },
              ],
            },
          },
          { serviceAccountToken: { path: 't' } },
        ],
      },
    }),
    [
      'spec.volumes[0].projected Invalid Invalid value: "s": conflicting duplicate paths',
      'spec.volumes[0].projected.sources[1].serviceAccountToken Forbidden Forbidden: must not be specified when serviceAccountName is not set',
    ],
  ],
  [
    'a key of no field',
    { container: { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a b']" } } }] } },
    [expect.stringContaining('spec.containers[0].env[0].valueFrom.fieldRef Invalid Invalid value: "a b": name part must consist of')],
  ],
  [
    'a unit that CPUs are not told in',
    { container: { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }] } },
    [
      `spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor Invalid Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`,
    ],
  ],
  [
    'two ways to look at health: the first alone is looked at',
    { container: { livenessProbe: { exec: { command: ['a'] }, httpGet: { port: 0 } } } },
    ['spec.containers[0].livenessProbe.httpGet Forbidden Forbidden: may not specify more than 1 handler type'],
  ],
  [
    'rules of restarting without a policy',
    { container: { restartPolicyRules: [{ action: 'x' }] } },
    [
      'spec.containers[0].restartPolicy Required Required value: must specify restartPolicy when restart rules are used',
      'spec.containers[0].restartPolicyRules[0].action NotSupported Unsupported value: "x": supported values: "Restart", "RestartAllContainers"',
      'spec.containers[0].restartPolicyRules[0].exitCodes Required Required value: must be specified',
    ],
  ],
  [
    'a claim of a device twice',
    {
      spec: {
        resourceClaims: [
          { name: 'c', resourceClaimName: 'x' },
          { name: 'c', resourceClaimName: 'x' },
        ],
      },
      container: { resources: { claims: [{ name: 'c' }, { name: 'd' }] } },
    },
    [
      'spec.resourceClaims[1].name Duplicate Duplicate value: "c"',
      'spec.containers[0].resources.claims[1] NotFound Not found: "d": must be one of the names in pod.spec.resourceClaims: c',
    ],
  ],
  [
    'a pod that stands for a file on no node',
    { annotations: { 'kubernetes.io/config.mirror': 'x', 'controller.kubernetes.io/pod-deletion-cost': '+5' } },
    [
      'metadata.annotations[kubernetes.io/config.mirror] Invalid Invalid value: "x": must set spec.nodeName if mirror pod annotation is set',
      'metadata.annotations[controller.kubernetes.io/pod-deletion-cost] Invalid Invalid value: "+5": must be a 32bit integer',
    ],
  ],
];
test.each(cases)('%s', (_, change, want) => expect(faults(change)).toEqual(want));
