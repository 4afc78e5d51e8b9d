import type Docker from 'dockerode';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import {
  type ContainerId,
  type Containers,
  type ContainerSpec,
  type ContainerState,
  type Labels,
  type Mount,
  type ResourceLimits,
  type SandboxSpec,
  StartFailed,
} from '../runtime.ts';
import { engineEvents } from './events.ts';
import { codeOf, textOf, unlessGone } from './failure.ts';
import { pauseImage } from './pause.ts';

/** More starts at once than this only queue inside the engine, where nothing has priority. */
const parallelStarts = 5;

const binds = (mounts: readonly Mount[]): string[] =>
  mounts.flatMap((mount) => {
    if ('tmpfs' in mount.source) return [];
    const source = 'volume' in mount.source ? mount.source.volume : mount.source.hostPath;
    const options = [
      mount.readOnly ? 'ro' : 'rw',
      'volume' in mount.source && 'nocopy',
      mount.propagation && mount.propagation !== 'private' && mount.propagation,
    ];
    return [`${source}:${mount.target}:${options.filter(Boolean).join(',')}`];
  });

const tmpfs = (mounts: readonly Mount[]): Record<string, string> =>
  Object.fromEntries(
    mounts.flatMap((mount) => {
      if (!('tmpfs' in mount.source)) return [];
      const { sizeBytes, mode } = mount.source.tmpfs;
      return [
        [
          mount.target,
          [mount.readOnly ? 'ro' : 'rw', sizeBytes && `size=${sizeBytes}`, mode && `mode=${mode.toString(8)}`].filter(Boolean).join(','),
        ],
      ];
    }),
  );

const limitsOf = (limits: ResourceLimits): Docker.HostConfig => ({
  ...(limits.cpuShares !== undefined && { CpuShares: limits.cpuShares }),
  ...(limits.nanoCpus !== undefined && { NanoCpus: limits.nanoCpus }),
  ...(limits.memoryBytes !== undefined && { Memory: limits.memoryBytes, MemorySwap: limits.memoryBytes }),
  ...(limits.pids !== undefined && { PidsLimit: limits.pids }),
});

const pidModeOf = (spec: ContainerSpec): string => {
  if (spec.pid === 'host') return 'host';
  if (spec.pid === 'sandbox') return `container:${spec.sandbox}`;
  return spec.pid ? `container:${spec.pid.container}` : '';
};

function sandboxOptions(spec: SandboxSpec): Docker.ContainerCreateOptions {
  const host = spec.network === 'host';
  return {
    name: spec.name,
    Image: pauseImage,
    Labels: { ...spec.labels },
    ...(!host && { Hostname: spec.hostname }),
    HostConfig: {
      NetworkMode: spec.network === 'host' ? 'host' : spec.network.name,
      IpcMode: spec.ipc ?? 'shareable',
      ...(spec.pid && { PidMode: spec.pid }),
      ...(spec.sysctls && { Sysctls: { ...spec.sysctls } }),
      ...(spec.cgroupParent && { CgroupParent: spec.cgroupParent }),
      ...(spec.oomScoreAdj !== undefined && { OomScoreAdj: spec.oomScoreAdj }),
      Binds: binds(spec.mounts),
      SecurityOpt: ['seccomp=unconfined'],
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none', Config: {} },
    },
    ...(spec.network !== 'host' && {
      NetworkingConfig: { EndpointsConfig: { [spec.network.name]: { IPAMConfig: { IPv4Address: spec.network.address } } } },
    }),
  };
}

function containerOptions(spec: ContainerSpec): Docker.ContainerCreateOptions {
  const security = [
    spec.seccomp === 'unconfined' ? 'seccomp=unconfined' : typeof spec.seccomp === 'object' ? `seccomp=${spec.seccomp.profile}` : '',
    spec.noNewPrivileges ? 'no-new-privileges' : '',
    spec.unmaskedProc ? 'systempaths=unconfined' : '',
  ].filter((it) => it !== '');
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
      SecurityOpt: security,
      ...limitsOf(spec.limits),
      ...(spec.limits.oomScoreAdj !== undefined && { OomScoreAdj: spec.limits.oomScoreAdj }),
      ...(spec.cgroupParent && { CgroupParent: spec.cgroupParent }),
      RestartPolicy: { Name: 'no' },
      LogConfig: {
        Type: 'json-file',
        Config: { 'max-size': String(spec.logFiles?.maxBytes ?? 10 << 20), 'max-file': String(spec.logFiles?.count ?? 3) },
      },
    },
  };
}

const time = (text: string | undefined): number => (text && !text.startsWith('0001-') ? Date.parse(text) : 0);

function stateOf(info: Docker.ContainerInspectInfo): ContainerState {
  const { State: state, Config: config } = info;
  const status = state.Paused ? 'paused' : state.Running ? 'running' : state.Status === 'created' ? 'created' : 'exited';
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ''),
    labels: config.Labels,
    image: config.Image,
    imageId: info.Image,
    status,
    createdAt: time(info.Created),
    startedAt: time(state.StartedAt),
    finishedAt: time(state.FinishedAt),
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    error: state.Error,
    pid: state.Pid,
    tty: config.Tty,
  };
}

export function dockerContainers(docker: Docker, deps: { clock: Clock; log: Log }): Containers {
  let starting = 0;
  const waiting: Array<() => void> = [];
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (starting >= parallelStarts) await new Promise<void>((resolve) => waiting.push(resolve));
    starting += 1;
    try {
      return await work();
    } finally {
      starting -= 1;
      waiting.shift()?.();
    }
  }

  /** A name that is taken belongs to an earlier try of ours: the same labels mean it is the one; else it is in the way. */
  async function createOnce(options: Docker.ContainerCreateOptions): Promise<ContainerId> {
    try {
      return (await docker.createContainer(options)).id;
    } catch (error) {
      if (codeOf(error) !== 409 || !options.name) throw error;
      const info = await unlessGone(docker.getContainer(options.name).inspect());
      const labels = (options.Labels ?? {}) as Record<string, string>;
      if (info && info.State.Status === 'created' && Object.entries(labels).every(([key, value]) => info.Config.Labels[key] === value))
        return info.Id;
      if (info) await remove(info.Id);
      return (await docker.createContainer(options)).id;
    }
  }

  async function remove(id: ContainerId): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await unlessGone(docker.getContainer(id).remove({ force: true, v: true }));
        return;
      } catch (error) {
        // Another removal is under way: it is over when inspect finds nothing.
        if (codeOf(error) !== 409 || attempt > 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  const inspect = async (id: ContainerId): Promise<ContainerState | undefined> => {
    const info = await unlessGone(docker.getContainer(id).inspect());
    return info && stateOf(info);
  };

  return {
    createSandbox: (spec) => createOnce(sandboxOptions(spec)),
    create: (spec) => createOnce(containerOptions(spec)),
    start: (id) =>
      inTurn(async () => {
        try {
          await unlessGoneStart(docker.getContainer(id).start());
        } catch (error) {
          const state = await inspect(id);
          throw new StartFailed(textOf(error), state?.exitCode ?? 128, { cause: error });
        }
      }),
    async stop(id, grace) {
      await unlessGone(docker.getContainer(id).stop({ t: Math.max(0, Math.ceil(grace)) }));
    },
    remove,
    async kill(id, signal) {
      try {
        await docker.getContainer(id).kill({ signal });
      } catch (error) {
        // 409: it does not run.
        if (![404, 409].includes(codeOf(error) ?? 0)) throw error;
      }
    },
    inspect,
    async list(labels) {
      const found = await docker.listContainers({ all: true, filters: { label: labelFilters(labels) } });
      const states = await Promise.all(found.map((it) => inspect(it.Id)));
      return states.filter((it): it is ContainerState => it !== undefined);
    },
    async update(id, limits) {
      await docker.getContainer(id).update(limitsOf(limits));
    },
    events: (labels, signal) => engineEvents(docker, labelFilters(labels), signal, deps),
  };
}

/** 304 says that it runs already; a container that is not there cannot be started, and that is told. */
async function unlessGoneStart(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (codeOf(error) !== 304) throw error;
  }
}

export const labelFilters = (labels: Labels): string[] => Object.entries(labels).map(([key, value]) => `${key}=${value}`);
