import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type core, node as nodeKind, runtimeClass } from '../../src/kinds/index.ts';
import { type DockerNode, startDockerNode } from '../fixtures/kubelet/docker-node.ts';

// What a pod may be and take on this node, on real containers.
const opened = await startDockerNode('node-limits');
const node = opened as DockerNode;
const here = opened ? describe.concurrent : describe.skip;
afterAll(() => opened?.close());

const sh = (script: string, more: Partial<core.Container> = {}): core.Container => ({
  ...{ name: 'app', image: node.image, command: ['sh', '-c', script] },
  ...more,
});
const stays = "trap 'exit 0' TERM; sleep 3600 & wait";
const said = async (name: string, spec: Partial<core.PodSpec>): Promise<string> => {
  await node.create(name, { restartPolicy: 'Never', ...spec });
  await node.line(name, /^(Succeeded|Failed)/);
  return node.logs(name);
};
const ended = (name: string): Promise<core.PodStatus | undefined> =>
  node.seen(`${name} has failed`, async () => {
    const { status } = (await node.get(name)) ?? {};
    return status?.phase === 'Failed' && status;
  });

here('a pod that takes more of the disk than it may', () => {
  test('in an emptyDir', async () => {
    await node.create('emptydir', {
      containers: [sh(`head -c 3000000 /dev/zero > /scratch/big; ${stays}`, { volumeMounts: [{ name: 'work', mountPath: '/scratch' }] })],
      volumes: [{ name: 'work', emptyDir: { sizeLimit: '1Mi' } }],
    });
    const message = 'Usage of EmptyDir volume "work" exceeds the limit "1Mi". ';
    expect(await ended('emptydir')).toMatchObject({ reason: 'Evicted', message });
    expect(await node.events('emptydir')).toContain(`Warning Evicted ${message}`);
    await node.seen('its container has ended', async () =>
      (await node.get('emptydir'))?.status?.containerStatuses?.every((it) => it.state?.terminated !== undefined),
    );
  });

  test('in its own layer', async () => {
    await node.create('layer', {
      containers: [sh(`head -c 3000000 /dev/zero > /big; ${stays}`, { resources: { limits: { 'ephemeral-storage': '1Mi' } } })],
    });
    expect(await ended('layer')).toMatchObject({
      reason: 'Evicted',
      message: 'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ',
    });
  });
});

here('a pod that this node cannot run as it wants', () => {
  test.each<[string, Partial<core.PodSpec>, string, string]>([
    [
      'sysctl',
      { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } },
      'SysctlForbidden',
      'forbidden sysctl: "kernel.msgmax" not allowlisted',
    ],
    [
      'groups',
      { securityContext: { supplementalGroupsPolicy: 'Strict' } },
      'SupplementalGroupsPolicyNotSupported',
      'SupplementalGroupsPolicy=Strict is not supported in this node',
    ],
    [
      'selector',
      { nodeSelector: { disk: 'none' } },
      'NodeAffinity',
      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
  ])('is refused: %s', async (name, spec, reason, why) => {
    await node.create(`refused-${name}`, spec);
    expect(await ended(`refused-${name}`)).toMatchObject({ reason, message: `Pod was rejected: ${why}` });
    expect(await node.events(`refused-${name}`)).toContain(`Warning ${reason} ${why}`);
    expect(await node.containerId(`refused-${name}`, 'POD')).toBe('');
  });

  test('waits, and is told why: users of its own, a runtime that is not there', async () => {
    await node.client.create(runtimeClass, { metadata: { name: 'odd' }, handler: 'odd' });
    await node.create('users', { hostUsers: false });
    await node.create('odd', { runtimeClassName: 'odd' });
    const told = (name: string, what: RegExp): Promise<unknown> =>
      node.seen(`${name} is told`, async () => (await node.events(name)).find((it) => what.test(it)));
    await told(
      'users',
      /^Warning FailedCreatePodSandBox Failed to create pod sandbox: can't set `spec\.hostUsers: false`, runtime does not support user namespaces$/,
    );
    await told('odd', /^Warning FailedCreatePodSandBox Failed to create pod sandbox: .*[Uu]nknown runtime specified odd/);
    expect((await node.get('users'))?.status?.phase).toBe('Pending');
  });
});

here('a pod is confined as it wants', () => {
  test('by a filter of system calls of its own, or by none that is there', async () => {
    const filter = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }] };
    mkdirSync(join(node.rootDir, 'seccomp'), { recursive: true });
    writeFileSync(join(node.rootDir, 'seccomp', 'no-dirs.json'), JSON.stringify(filter));
    const using = (localhostProfile: string) => ({ securityContext: { seccompProfile: { type: 'Localhost' as const, localhostProfile } } });
    expect(
      await said('filtered', {
        ...using('no-dirs.json'),
        containers: [sh('mkdir /x 2>&1; grep Seccomp: /proc/self/status | tr -d "\\t"')],
      }),
    ).toBe("mkdir: can't create directory '/x': Operation not permitted\nSeccomp:2");
    await node.create('unfiltered', using('none.json'));
    await node.line('unfiltered', 'Pending app=CreateContainerConfigError');
    expect((await node.get('unfiltered'))?.status?.containerStatuses?.[0]?.state?.waiting?.message).toMatch(
      /^cannot load seccomp profile ".*none\.json"/,
    );
  });

  test('in its kernel settings, and may not gain rights', async () => {
    const script =
      'cat /proc/sys/net/ipv4/ip_unprivileged_port_start; grep NoNewPrivs /proc/self/status | tr -d "\\t"; touch /x 2>/dev/null || echo read-only';
    const container = sh(script, { securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true } });
    const sysctls = [{ name: 'net/ipv4/ip_unprivileged_port_start', value: '81' }];
    expect(await said('settings', { securityContext: { sysctls }, containers: [container] })).toBe('81\nNoNewPrivs:1\nread-only');
  });

  test('by the limits of the pod as a whole', async () => {
    const script = 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null';
    const spec = { resources: { limits: { memory: '64Mi', cpu: '500m' } }, containers: [sh(script)] };
    expect(await said('whole', spec)).toBe(String(64 * 1024 * 1024));
    expect((await node.get('whole'))?.status?.qosClass).toBe('Guaranteed');
    const group = `/sys/fs/cgroup/memory/peapod/pod${(await node.get('whole'))?.metadata.uid}`;
    if (!existsSync('/sys/fs/cgroup/memory')) return;
    expect(readFileSync(join(group, 'memory.limit_in_bytes'), 'utf8').trim()).toBe(String(64 * 1024 * 1024));
    await node.remove('whole', 0);
    await node.seen('its group is gone', () => !existsSync(group));
  });
});

here('the node', () => {
  test('tells what it has for pods', async () => {
    const { capacity = {}, allocatable = {} } = (await node.client.get(nodeKind, { name: 'docker-node' }))?.status ?? {};
    expect(Object.keys(capacity).sort()).toEqual(expect.arrayContaining(['cpu', 'ephemeral-storage', 'hugepages-2Mi', 'memory', 'pods']));
    expect(allocatable.cpu).toBe(capacity.cpu);
  });
});
