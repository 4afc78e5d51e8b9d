import { describe, expect, test } from 'vitest';
import { podForTests } from '../../test/fixtures/kubelet/pods.ts';
import type { core } from '../kinds/index.ts';
import type { ContainerSpec } from '../runtime/index.ts';
import { containerSpec } from './container-spec.ts';

const specOf = (pod: Partial<core.PodSpec>, container: Partial<core.Container>, imageUser = ''): ContainerSpec =>
  containerSpec(
    podForTests(pod),
    { name: 'app', ...container },
    {
      name: 'k8s_app',
      labels: {},
      sandbox: 's0',
      image: { imageId: 'sha256:1', imageRef: 'nginx@sha256:1', user: imageUser },
      env: new Map([['A', 'x']]),
      mounts: [],
      nodeMemoryBytes: 1024 ** 3,
    },
  );

const cases: Array<[string, Partial<core.PodSpec>, Partial<core.Container>, string, Partial<ContainerSpec>]> = [
  ['plain', {}, {}, '', { image: 'sha256:1', env: ['A=x'], seccomp: 'unconfined', privileged: false, noNewPrivileges: false }],
  ['command and arguments', {}, { command: ['sh', '$(A)'], args: ['-c'] }, '', { command: ['sh', 'x'], args: ['-c'] }],
  [
    'user of the pod',
    { securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000, supplementalGroups: [5] } },
    {},
    '',
    { user: '1000:3000', supplementalGroups: ['5', '2000'] },
  ],
  ["the container's user wins", { securityContext: { runAsUser: 1000 } }, { securityContext: { runAsUser: 7 } }, '', { user: '7' }],
  ["a group alone goes with the image's user", {}, { securityContext: { runAsGroup: 30 } }, 'web:web', { user: 'web:30' }],
  [
    'capabilities',
    {},
    {
      securityContext: {
        capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      },
    },
    '',
    { addCapabilities: ['NET_ADMIN'], dropCapabilities: ['ALL'], readOnlyRootFilesystem: true, noNewPrivileges: true },
  ],
  ['seccomp of the pod', { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }, {}, '', { seccomp: 'default' }],
  ['processes shared', { shareProcessNamespace: true }, {}, '', { pid: 'sandbox' }],
  ["the host's processes", { hostPID: true }, {}, '', { pid: 'host' }],
  ['privileged', {}, { securityContext: { privileged: true } }, '', { privileged: true }],
  ['all of /proc', {}, { securityContext: { procMount: 'Unmasked' } }, '', { unmaskedProc: true }],
  ['AppArmor off for the pod', { securityContext: { appArmorProfile: { type: 'Unconfined' } } }, {}, '', { appArmor: 'unconfined' }],
  [
    'a profile of its own',
    { securityContext: { appArmorProfile: { type: 'Unconfined' } } },
    { securityContext: { appArmorProfile: { type: 'Localhost', localhostProfile: 'mine' } } },
    '',
    { appArmor: 'mine' },
  ],
  ['labels of SELinux', { securityContext: { seLinuxOptions: { level: 's0:c1' } } }, {}, '', { seLinux: { level: 's0:c1' } }],
];
describe('container spec', () => {
  for (const [name, pod, container, user, want] of cases) test(name, () => expect(specOf(pod, container, user)).toMatchObject(want));
});

describe('runAsNonRoot', () => {
  const nonRoot = { securityContext: { runAsNonRoot: true } };
  const faults: Array<[string, Partial<core.PodSpec>, Partial<core.Container>, string]> = [
    ['container has runAsNonRoot and image will run as root (pod: "web_default(u1)", container: app)', nonRoot, {}, ''],
    [
      'container\'s runAsUser breaks non-root policy (pod: "web_default(u1)", container: app)',
      nonRoot,
      { securityContext: { runAsUser: 0 } },
      '',
    ],
    [
      'container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root (pod: "web_default(u1)", container: app)',
      nonRoot,
      {},
      'web',
    ],
  ];
  for (const [message, pod, container, user] of faults) test(message, () => expect(() => specOf(pod, container, user)).toThrow(message));
  test('passes', () => {
    expect(specOf(nonRoot, {}, '1000').user).toBeUndefined();
    expect(specOf(nonRoot, { securityContext: { runAsUser: 5 } }).user).toBe('5');
    expect(specOf(nonRoot, { securityContext: { runAsNonRoot: false } }).user).toBeUndefined();
  });
});
