import type { core } from '../../../src/kinds/index.ts';

/** One field of the Pod API, or a few that go together: a pod that tells what it finds. */
export type Case = {
  /** The fields it is about. */
  fields: string;
  /** What its container runs; what it says is compared. */
  says: string;
  container?: Partial<core.Container>;
  spec?: Partial<core.PodSpec>;
  metadata?: { labels?: { [key: string]: string }; annotations?: { [key: string]: string } };
  /** Objects that the pod needs. */
  also?: ReadonlyArray<{ kind: 'ConfigMap' | 'Secret'; data: { [key: string]: string } }>;
  /** Where podman does something else, and why that is so. Absent: the same is wanted. */
  podman?: { says: string | RegExp; why: string };
};

const mount = (mountPath: string, more: Partial<core.VolumeMount> = {}): Partial<core.Container> => ({
  volumeMounts: [{ name: 'v', mountPath, ...more }],
});
const volume = (source: Omit<core.Volume, 'name'>): Partial<core.PodSpec> => ({ volumes: [{ name: 'v', ...source }] });
const status = (field: string): string => `grep ${field} /proc/self/status | tr -d '\\t '`;
const config = { kind: 'ConfigMap', data: { colour: 'blue', 'file.txt': 'text' } } as const;
const secret = { kind: 'Secret', data: { password: 'aGlkZGVu' } } as const;
/** ConfigMaps and Secrets are named as the pod. */
export const named = 'NAME';

export const cases: readonly Case[] = [
  { fields: 'command, args', says: 'echo "$0|$1"', container: { args: ['one', 'two words'] } },
  {
    fields: 'args with $(VAR)',
    says: 'echo "$0|$1"',
    container: { args: ['$(WHO)', '$$(WHO) $(NOBODY)'], env: [{ name: 'WHO', value: 'world' }] },
    podman: { says: '$(WHO)|$$(WHO) $(NOBODY)', why: 'podman 4 puts no variables into commands' },
  },
  {
    fields: 'env, dependent',
    says: 'echo $B',
    container: {
      env: [
        { name: 'A', value: 'one' },
        { name: 'B', value: '$(A) two' },
      ],
    },
    podman: { says: '$(A) two', why: 'podman 4 puts no variables into others' },
  },
  {
    fields: 'envFrom.configMapRef, env.valueFrom.configMapKeyRef, optional',
    says: 'echo "$colour $KEY"; echo $NONE | wc -w',
    also: [config],
    container: {
      envFrom: [{ configMapRef: { name: named } }],
      env: [
        { name: 'KEY', valueFrom: { configMapKeyRef: { name: named, key: 'colour' } } },
        { name: 'NONE', valueFrom: { configMapKeyRef: { name: 'none', key: 'k', optional: true } } },
      ],
    },
  },
  {
    fields: 'env.valueFrom.secretKeyRef',
    says: 'echo $PASS',
    also: [secret],
    container: { env: [{ name: 'PASS', valueFrom: { secretKeyRef: { name: named, key: 'password' } } }] },
    podman: {
      says: /cannot set env PASS/,
      why: 'podman 4 reads its own form of secrets here, and refuses what it has itself made of a manifest',
    },
  },
  {
    fields: 'env.valueFrom.fieldRef',
    says: 'echo "$NAME $TIER $NOTE"',
    metadata: { labels: { tier: 'front' }, annotations: { note: 'kept' } },
    container: {
      env: [
        { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'TIER', valueFrom: { fieldRef: { fieldPath: "metadata.labels['tier']" } } },
        { name: 'NOTE', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['note']" } } },
      ],
    },
  },
  {
    fields: 'env.valueFrom.resourceFieldRef',
    says: 'echo "$CPU $MEMORY"',
    container: {
      resources: { limits: { cpu: '500m', memory: '64Mi' } },
      env: [
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
        { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
      ],
    },
  },
  { fields: 'metadata.name as the host name', says: 'hostname' },
  { fields: 'spec.hostname', says: 'hostname', spec: { hostname: 'given' } },
  {
    fields: 'hostAliases',
    says: 'grep -c "10.9.8.7.*alias" /etc/hosts',
    spec: { hostAliases: [{ ip: '10.9.8.7', hostnames: ['alias', 'other'] }] },
  },
  {
    fields: 'dnsPolicy None, dnsConfig',
    says: 'sort /etc/resolv.conf',
    spec: {
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['10.9.8.7'], searches: ['one.example', 'two.example'], options: [{ name: 'ndots', value: '3' }] },
    },
  },
  { fields: 'workingDir', says: 'pwd', container: { workingDir: '/usr' } },
  {
    fields: 'securityContext.runAsUser, runAsGroup, supplementalGroups',
    says: 'id -u; id -g; id -G',
    spec: { securityContext: { runAsUser: 1000, runAsGroup: 3000, supplementalGroups: [4000] } },
  },
  {
    fields: 'securityContext.runAsUser of the container',
    says: 'id -u',
    spec: { securityContext: { runAsUser: 1000 } },
    container: { securityContext: { runAsUser: 7 } },
  },
  { fields: 'capabilities.drop ALL', says: status('CapEff'), container: { securityContext: { capabilities: { drop: ['ALL'] } } } },
  { fields: 'capabilities, none named', says: status('CapEff') },
  {
    fields: 'allowPrivilegeEscalation',
    says: status('NoNewPrivs'),
    container: { securityContext: { allowPrivilegeEscalation: false } },
  },
  {
    fields: 'readOnlyRootFilesystem',
    says: 'touch /x 2>/dev/null || echo refused',
    container: { securityContext: { readOnlyRootFilesystem: true } },
  },
  {
    fields: 'seccompProfile, none named',
    says: status('Seccomp:'),
    podman: { says: 'Seccomp:2', why: 'upstream filters system calls only when asked to' },
  },
  {
    fields: 'sysctls',
    says: 'cat /proc/sys/net/ipv4/ip_local_port_range',
    spec: { securityContext: { sysctls: [{ name: 'net.ipv4.ip_local_port_range', value: '40000 50000' }] } },
    podman: { says: /^32768\s+60999$/, why: 'podman 4 sets no sysctls from manifests' },
  },
  { fields: 'shareProcessNamespace', says: "ps | grep -c '[p]ause'", spec: { shareProcessNamespace: true } },
  { fields: 'hostNetwork', says: 'ls /sys/class/net | grep -c "^docker0$"', spec: { hostNetwork: true } },
  { fields: 'hostIPC', says: 'ls -L /proc/self/ns/ipc >/dev/null && echo ipc', spec: { hostIPC: true } },
  {
    fields: 'volumes.configMap, items',
    says: 'cat /v/renamed; ls /v',
    also: [config],
    container: mount('/v'),
    spec: volume({ configMap: { name: named, items: [{ key: 'file.txt', path: 'renamed' }] } }),
  },
  {
    fields: 'volumes.configMap, optional and missing',
    says: 'ls /v | wc -l',
    container: mount('/v'),
    spec: volume({ configMap: { name: 'none', optional: true } }),
    podman: { says: /No such file/, why: 'podman 4 leaves the mount out' },
  },
  {
    fields: 'volumes.secret',
    says: 'cat /v/password',
    also: [secret],
    container: mount('/v'),
    spec: volume({ secret: { secretName: named, optional: false } }),
    podman: { says: 'aGlkZGVu', why: 'podman 4 leaves the values of Secrets in base64' },
  },
  {
    fields: 'volumes.emptyDir, shared with an init container',
    says: 'cat /v/word',
    container: mount('/v'),
    spec: {
      ...volume({ emptyDir: {} }),
      initContainers: [{ name: 'first', image: 'busybox:1.36', command: ['sh', '-c', 'echo left > /v/word'], ...mount('/v') }],
    },
  },
  {
    fields: 'volumes.emptyDir, mode',
    says: "stat -c '%a' /v",
    container: mount('/v'),
    spec: volume({ emptyDir: {} }),
    podman: { says: '755', why: 'podman 4 makes a volume of its own, which belongs to root' },
  },
  {
    fields: 'volumes.emptyDir.medium Memory',
    says: "stat -f -c '%T' /v",
    container: mount('/v'),
    spec: volume({ emptyDir: { medium: 'Memory' } }),
    podman: { says: /^(ext2\/ext3|overlayfs|ext4)$/, why: 'podman 4 puts it on the disk' },
  },
  {
    fields: 'volumes.hostPath, readOnly',
    says: 'touch /v/x 2>/dev/null || echo refused',
    container: mount('/v', { readOnly: true }),
    spec: volume({ hostPath: { path: '/usr' } }),
  },
  {
    fields: 'volumeMounts.subPath',
    says: 'cat /f',
    also: [config],
    container: mount('/f', { subPath: 'file.txt' }),
    spec: volume({ configMap: { name: named } }),
    podman: { says: /directory/, why: 'podman 4 mounts the whole volume at the path' },
  },
  {
    fields: 'resources.limits.memory',
    says: 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes',
    container: { resources: { limits: { memory: '64Mi' } } },
  },
  {
    fields: 'resources.limits.cpu',
    says: 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us',
    container: { resources: { limits: { cpu: '500m' } } },
  },
  {
    fields: 'resources.requests.cpu',
    says: 'cat /sys/fs/cgroup/cpu/cpu.shares',
    container: { resources: { requests: { cpu: '500m' } } },
    podman: { says: '1024', why: 'podman 4 gives a request no weight' },
  },
  { fields: 'exit codes', says: 'exit 7' },
];
