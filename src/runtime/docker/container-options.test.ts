import { describe, expect, test } from 'vitest';
import type { ContainerSpec, SandboxSpec } from '../runtime.ts';
import { containerOptions, sandboxOptions } from './container-options.ts';
import { cable } from './network/veth.ts';

const plain: ContainerSpec = {
  ...{ name: 'c', labels: {}, sandbox: 's1', image: 'sha256:1', env: [], mounts: [], tty: false, stdin: false, stdinOnce: false },
  ...{ limits: {}, privileged: false, readOnlyRootFilesystem: false, noNewPrivileges: false, seccomp: 'unconfined' },
};
const hostOf = (more: Partial<ContainerSpec>) => containerOptions({ ...plain, ...more }).HostConfig as Record<string, unknown>;

// What the machine of the tests cannot start is at least asked for rightly.
describe('what the engine is asked for', () => {
  test.each<[string, Partial<ContainerSpec>, object]>([
    [
      'nothing special',
      {},
      { NetworkMode: 'container:s1', IpcMode: 'container:s1', Privileged: false, SecurityOpt: ['seccomp=unconfined'] },
    ],
    ['privileged', { privileged: true }, { Privileged: true }],
    ['a score that protects it', { limits: { oomScoreAdj: -997 } }, { OomScoreAdj: -997 }],
    [
      'limits, without swap',
      { limits: { memoryBytes: 1e9, nanoCpus: 5e8, cpuShares: 512, pids: 100 } },
      { Memory: 1e9, MemorySwap: 1e9, NanoCpus: 5e8, CpuShares: 512, PidsLimit: 100 },
    ],
    ["the engine's own filter of system calls", { seccomp: 'default' }, { SecurityOpt: [] }],
    ['a filter of its own', { seccomp: { profile: '{"a":1}' } }, { SecurityOpt: ['seccomp={"a":1}'] }],
    [
      'everything that confines',
      { noNewPrivileges: true, unmaskedProc: true, appArmor: 'mine', seLinux: { type: 't', level: 's0:c1' } },
      {
        SecurityOpt: [
          'seccomp=unconfined',
          'no-new-privileges',
          'systempaths=unconfined',
          'apparmor=mine',
          'label=type:t',
          'label=level:s0:c1',
        ],
      },
    ],
    [
      'capabilities and groups',
      { addCapabilities: ['NET_ADMIN'], dropCapabilities: ['ALL'], supplementalGroups: ['7'] },
      { CapAdd: ['NET_ADMIN'], CapDrop: ['ALL'], GroupAdd: ['7'] },
    ],
    ['another runtime', { runtime: 'kata' }, { Runtime: 'kata' }],
    [
      'these graphics processors',
      { gpus: { driver: 'nvidia', ids: ['0', '2'] } },
      { DeviceRequests: [{ Driver: 'nvidia', Count: 0, DeviceIDs: ['0', '2'], Capabilities: [['gpu']] }] },
    ],
    ['any two', { gpus: { driver: 'amd', count: 2 } }, { DeviceRequests: [{ Driver: 'amd', Count: 2, Capabilities: [['gpu']] }] }],
    ["the host's processes", { pid: 'host' }, { PidMode: 'host' }],
    ["another container's", { pid: { container: 'x' } }, { PidMode: 'container:x' }],
  ])('%s', (_, more, want) => expect(hostOf(more)).toMatchObject(want));
});

describe('a sandbox', () => {
  const spec: SandboxSpec = { name: 's', labels: { a: 'b' }, hostname: 'web', network: { name: 'net', address: '10.1.0.2' }, mounts: [] };
  const byUs = { networkMode: 'none', labels: { place: 'x' }, sysctls: { 'net.ipv6.conf.all.disable_ipv6': '1' }, endpoints: undefined };

  test("in the engine's network", () => {
    const endpoints = { net: { IPAMConfig: { IPv4Address: '10.1.0.2' } } };
    const options = sandboxOptions({ ...spec, runtime: 'kata' }, { networkMode: 'net', labels: {}, sysctls: {}, endpoints });
    expect(options).toMatchObject({ Hostname: 'web', NetworkingConfig: { EndpointsConfig: endpoints } });
    expect(options.HostConfig).toMatchObject({ NetworkMode: 'net', Runtime: 'kata' });
  });
  test('in a network of ours: the settings of the pod win', () => {
    const options = sandboxOptions({ ...spec, sysctls: { 'net.ipv6.conf.all.disable_ipv6': '0' } }, byUs);
    expect(options).toMatchObject({ Labels: { a: 'b', place: 'x' }, HostConfig: { NetworkMode: 'none' } });
    expect(options.HostConfig?.Sysctls).toEqual({ 'net.ipv6.conf.all.disable_ipv6': '0' });
    expect(options.NetworkingConfig).toBeUndefined();
  });
  test("in the host's, with the host's name", () => {
    const options = sandboxOptions({ ...spec, network: 'host', ipc: 'host', pid: 'host' }, undefined);
    expect(options.HostConfig).toMatchObject({ NetworkMode: 'host', IpcMode: 'host', PidMode: 'host' });
    expect(options.Hostname).toBeUndefined();
  });
  test('is cabled from inside', () => {
    expect(cable({ name: 'net', address: '10.1.0.20' }, { link: 'pp0123', prefix: '24', gateway: '10.1.0.1' })).toEqual([
      `link add eth0 address 02:42:0a:01:00:14 type veth peer name pp0123 netns ${process.pid}`,
      'address add 10.1.0.20/24 broadcast + dev eth0',
      'link set eth0 up',
      'route add default via 10.1.0.1',
    ]);
  });
});
