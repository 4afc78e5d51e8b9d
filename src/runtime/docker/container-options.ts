import type Docker from 'dockerode';
import type { ContainerSpec, GpuRequest, Mount, ResourceLimits, SandboxSpec } from '../runtime.ts';
import type { NetworkOptions } from './network/sandbox-network.ts';
import { pauseImage } from './pause.ts';

/** Binds, not Mounts: they make a missing host path, as upstream's runtimes do. */
function binds(mounts: readonly Mount[]): string[] {
  return mounts.flatMap((mount) => {
    if ('tmpfs' in mount.source) return [];
    const source = 'volume' in mount.source ? mount.source.volume : mount.source.hostPath;
    const options = [
      mount.readOnly ? 'ro' : 'rw',
      // An empty volume stays empty: the engine would fill it from the image.
      'volume' in mount.source && 'nocopy',
      mount.propagation && mount.propagation !== 'private' && mount.propagation,
    ];
    return [`${source}:${mount.target}:${options.filter(Boolean).join(',')}`];
  });
}

function tmpfs(mounts: readonly Mount[]): Record<string, string> {
  const own: Record<string, string> = {};
  for (const { source, target, readOnly } of mounts) {
    if (!('tmpfs' in source)) continue;
    const { sizeBytes, mode } = source.tmpfs;
    own[target] = [readOnly ? 'ro' : 'rw', sizeBytes && `size=${sizeBytes}`, mode && `mode=${mode.toString(8)}`].filter(Boolean).join(',');
  }
  return own;
}

/** What can be changed while it runs. No swap: the limit is what it says. */
export const limitsOf = (limits: ResourceLimits): Docker.HostConfig => ({
  ...(limits.cpuShares !== undefined && { CpuShares: limits.cpuShares }),
  ...(limits.nanoCpus !== undefined && { NanoCpus: limits.nanoCpus }),
  ...(limits.memoryBytes !== undefined && { Memory: limits.memoryBytes, MemorySwap: limits.memoryBytes }),
  ...(limits.pids !== undefined && { PidsLimit: limits.pids }),
});

/** The same, read from what the engine says of a container. To the engine 0 is no limit. */
export const limitsIn = ({ CpuShares, NanoCpus, Memory, PidsLimit }: Docker.HostConfig): ResourceLimits => ({
  ...(CpuShares && { cpuShares: CpuShares }),
  ...(NanoCpus && { nanoCpus: NanoCpus }),
  ...(Memory && { memoryBytes: Memory }),
  ...(PidsLimit && PidsLimit > 0 && { pids: PidsLimit }),
});

/** `place`: how it gets into its network; undefined for the host's. */
export function sandboxOptions(spec: SandboxSpec, place: NetworkOptions | undefined): Docker.ContainerCreateOptions {
  const sysctls = { ...place?.sysctls, ...spec.sysctls };
  return {
    name: spec.name,
    Image: pauseImage,
    Labels: { ...spec.labels, ...place?.labels },
    // The host's name goes with the host's network.
    ...(place && { Hostname: spec.hostname }),
    HostConfig: {
      NetworkMode: place?.networkMode ?? 'host',
      IpcMode: spec.ipc ?? 'shareable',
      ...(spec.pid && { PidMode: spec.pid }),
      ...(Object.keys(sysctls).length > 0 && { Sysctls: sysctls }),
      ...(spec.cgroupParent && { CgroupParent: spec.cgroupParent }),
      ...(spec.runtime && { Runtime: spec.runtime }),
      ...(spec.oomScoreAdj !== undefined && { OomScoreAdj: spec.oomScoreAdj }),
      Binds: binds(spec.mounts),
      SecurityOpt: ['seccomp=unconfined'],
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none', Config: {} },
    },
    ...(place?.endpoints && { NetworkingConfig: { EndpointsConfig: place.endpoints } }),
  };
}

const pidModeOf = (spec: ContainerSpec): string => {
  if (spec.pid === 'host') return 'host';
  if (spec.pid === 'sandbox') return `container:${spec.sandbox}`;
  return spec.pid ? `container:${spec.pid.container}` : '';
};

function securityOptions({ seccomp, noNewPrivileges, unmaskedProc, appArmor, seLinux }: ContainerSpec): string[] {
  return [
    ...(seccomp === 'default' ? [] : [`seccomp=${seccomp === 'unconfined' ? seccomp : seccomp.profile}`]),
    ...(noNewPrivileges ? ['no-new-privileges'] : []),
    ...(unmaskedProc ? ['systempaths=unconfined'] : []),
    ...(appArmor ? [`apparmor=${appArmor}`] : []),
    ...(['user', 'role', 'type', 'level'] as const).flatMap((it) => (seLinux?.[it] ? [`label=${it}:${seLinux[it]}`] : [])),
  ];
}

/** As `docker run --gpus` asks for them. */
const gpuRequest = (it: GpuRequest): Docker.DeviceRequest => ({
  Driver: it.driver,
  Count: 'ids' in it ? 0 : it.count,
  ...('ids' in it && { DeviceIDs: [...it.ids] }),
  Capabilities: [['gpu']],
});

export function containerOptions(spec: ContainerSpec): Docker.ContainerCreateOptions {
  return {
    name: spec.name,
    Image: spec.image,
    Labels: { ...spec.labels },
    Env: [...spec.env],
    ...(spec.command && { Entrypoint: [...spec.command] }),
    ...(spec.args && { Cmd: [...spec.args] }),
    ...(spec.workingDir && { WorkingDir: spec.workingDir }),
    ...(spec.user !== undefined && { User: spec.user }),
    Tty: spec.tty,
    OpenStdin: spec.stdin,
    StdinOnce: spec.stdinOnce,
    ...(spec.stopSignal && { StopSignal: spec.stopSignal }),
    // Probes are ours; an image's own health check would only cost.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: `container:${spec.sandbox}`,
      IpcMode: `container:${spec.sandbox}`,
      PidMode: pidModeOf(spec),
      Binds: binds(spec.mounts),
      Tmpfs: tmpfs(spec.mounts),
      Privileged: spec.privileged,
      ReadonlyRootfs: spec.readOnlyRootFilesystem,
      ...(spec.supplementalGroups?.length && { GroupAdd: [...spec.supplementalGroups] }),
      ...(spec.addCapabilities?.length && { CapAdd: [...spec.addCapabilities] }),
      ...(spec.dropCapabilities?.length && { CapDrop: [...spec.dropCapabilities] }),
      SecurityOpt: securityOptions(spec),
      ...limitsOf(spec.limits),
      ...(spec.limits.oomScoreAdj !== undefined && { OomScoreAdj: spec.limits.oomScoreAdj }),
      ...(spec.cgroupParent && { CgroupParent: spec.cgroupParent }),
      ...(spec.runtime && { Runtime: spec.runtime }),
      ...(spec.gpus && { DeviceRequests: [gpuRequest(spec.gpus)] }),
      RestartPolicy: { Name: 'no' },
      LogConfig: {
        Type: 'json-file',
        Config: { 'max-size': String(spec.logFiles?.maxBytes ?? 10 << 20), 'max-file': String(spec.logFiles?.count ?? 5) },
      },
    },
  };
}
