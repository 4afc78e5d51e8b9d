import type { Clock } from '../../lib/clock.ts';
import {
  type ContainerEvent,
  type ContainerId,
  type ContainerSpec,
  type ContainerState,
  type EngineInfo,
  EngineUnavailable,
  type Labels,
  NoSuchContainer,
  type ResourceLimits,
  type Runtime,
  type SandboxSpec,
  StartFailed,
} from '../runtime.ts';
import { type MemoryImages, memoryImages } from './images.ts';
import { programOf } from './program.ts';
import { type MemoryResources, memoryResources } from './resources.ts';
import { memoryStreams } from './streams.ts';

/** What a command run in a container (by exec) comes to. */
export type CommandResult = { exitCode: number; output: string };

/**
 * An engine without containers: it keeps their states. What a container does follows from its command (program.ts).
 * It can be told to fail, and containers can be told to end.
 */
export type MemoryRuntime = Runtime & {
  images: MemoryImages;
  resources: MemoryResources;
  /** Every call fails while this is set. */
  down: boolean;
  /** A container of this name (in its pod) cannot be started, for this reason. */
  refuseStart: Map<string, string>;
  /** What commands run in containers answer, by container name. */
  answers: Map<string, CommandResult>;
  specs: Map<ContainerId, ContainerSpec | SandboxSpec>;
  all(): ContainerState[];
  /** Someone else's `docker rm -f`. */
  vanish(id: ContainerId): void;
  /** The container's process ends by itself. */
  exit(id: ContainerId, exitCode: number): void;
  /** The container's process writes to its output. */
  write(id: ContainerId, text: string, stream?: 'stdout' | 'stderr'): void;
};

const info: EngineInfo = {
  name: 'memory',
  version: '20.10.24',
  apiVersion: '1.41',
  kernel: '6.1.0',
  operatingSystem: 'Debian',
  architecture: 'x86_64',
  cpus: 2,
  memoryBytes: 4 * 1024 ** 3,
  cgroupVersion: '2',
  rootDir: '/var/lib/docker',
  storageDriver: 'overlay2',
  rootless: false,
  runtimes: ['runc'],
  appArmor: false,
  sharesHost: true,
};

const has = (labels: Labels, wanted: Labels): boolean => Object.entries(wanted).every(([key, value]) => labels[key] === value);

/** Without what an engine cannot change. */
const changeable = ({ oomScoreAdj: _, ...limits }: ResourceLimits): ResourceLimits => limits;

export function createMemoryRuntime(clock: Clock): MemoryRuntime {
  const states = new Map<ContainerId, ContainerState>();
  const specs = new Map<ContainerId, ContainerSpec | SandboxSpec>();
  const listeners = new Set<(event: ContainerEvent) => void>();
  /** Called once when the container has ended. */
  const endings = new Map<ContainerId, Set<() => void>>();
  let made = 0;

  const check = (): void => {
    if (runtime.down) throw new EngineUnavailable('the Docker Engine cannot be reached: connect ENOENT /var/run/docker.sock');
  };
  const emit = ({ id, labels }: ContainerState, action: ContainerEvent['action'], exitCode?: number): void => {
    const event = { id, labels, action, at: clock.now(), ...(exitCode !== undefined && { exitCode }) };
    for (const listener of listeners) listener(event);
  };
  const put = (id: ContainerId, change: Partial<ContainerState>): ContainerState => {
    const next = { ...(states.get(id) as ContainerState), ...change };
    states.set(id, next);
    return next;
  };
  const programFor = (id: ContainerId): ReturnType<typeof programOf> => {
    const spec = specs.get(id);
    return programOf(spec && 'image' in spec ? [...(spec.command ?? []), ...(spec.args ?? [])] : []);
  };

  function create(spec: ContainerSpec | SandboxSpec): ContainerId {
    check();
    const known = [...states.values()].find((it) => it.name === spec.name);
    if (known) {
      const isIt = known.status !== 'exited' && known.error === '' && has(known.labels, spec.labels);
      if (isIt) return known.id;
      vanish(known.id);
    }
    const id = `c${++made}`;
    const image = 'image' in spec ? spec.image : 'pause';
    const state: ContainerState = {
      id,
      name: spec.name,
      labels: spec.labels,
      image,
      imageId: image,
      status: 'created',
      createdAt: clock.now(),
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      oomKilled: false,
      error: '',
      pid: 0,
      tty: 'tty' in spec ? spec.tty : false,
      limits: 'image' in spec ? changeable(spec.limits) : {},
    };
    states.set(id, state);
    specs.set(id, spec);
    emit(state, 'create');
    return id;
  }

  function exit(id: ContainerId, exitCode: number): void {
    if (states.get(id)?.status !== 'running') return;
    emit(put(id, { status: 'exited', exitCode, finishedAt: clock.now(), pid: 0 }), 'die', exitCode);
    const waiting = endings.get(id) ?? [];
    endings.delete(id);
    for (const resolve of waiting) resolve();
  }

  function vanish(id: ContainerId): void {
    const state = states.get(id);
    if (!state) return;
    exit(id, 137);
    states.delete(id);
    streams.forget(id);
    emit(state, 'destroy');
  }

  const ended = (id: ContainerId): Promise<void> => {
    if (states.get(id)?.status !== 'running') return Promise.resolve();
    return new Promise((resolve) => {
      const set = endings.get(id) ?? new Set();
      endings.set(id, set.add(resolve));
    });
  };

  function start(id: ContainerId): void {
    check();
    const state = states.get(id);
    if (!state) throw new NoSuchContainer(`No such container: ${id}`);
    if (state.status === 'running') return;
    const program = programFor(id);
    const refusal = runtime.refuseStart.get(state.labels['io.kubernetes.container.name'] ?? '') ?? program.missing;
    if (refusal) {
      put(id, { error: refusal, exitCode: 127 });
      throw new StartFailed(refusal, 127);
    }
    emit(put(id, { status: 'running', startedAt: clock.now(), pid: 1000 + made }), 'start');
    if (program.prints) streams.write(id, program.prints, 'stdout');
    if (program.exits !== undefined) exit(id, program.exits);
  }

  const streams = memoryStreams({
    clock,
    check,
    find: (id) => states.get(id),
    ended,
    answerOf: (state, command) => runtime.answers.get(state.labels['io.kubernetes.container.name'] ?? '') ?? programOf(command).result,
  });

  const runtime: MemoryRuntime = {
    down: false,
    refuseStart: new Map(),
    answers: new Map(),
    specs,
    all: () => [...states.values()],
    vanish,
    exit,
    write: (id, text, stream = 'stdout') => streams.write(id, text, stream),
    info: async () => {
      check();
      return info;
    },
    containers: {
      createSandbox: async (spec) => create(spec),
      create: async (spec) => create(spec),
      start: async (id) => start(id),
      async stop(id, grace) {
        check();
        if (states.get(id)?.status !== 'running') return;
        const { ignoresTerm } = programFor(id);
        if (!ignoresTerm || grace === 0) return exit(id, grace === 0 ? 137 : 0);
        const cancel = clock.schedule(grace * 1000, () => exit(id, 137));
        await ended(id);
        cancel();
      },
      remove: async (id) => {
        check();
        vanish(id);
      },
      kill: async (id, signal) => {
        check();
        if (signal === 'SIGKILL') exit(id, 137);
        else if (!programFor(id).ignoresTerm) exit(id, 0);
      },
      inspect: async (id) => {
        check();
        return states.get(id);
      },
      list: async (labels) => {
        check();
        return [...states.values()].filter((it) => has(it.labels, labels));
      },
      unpause: async () => check(),
      update: async (id, limits) => {
        check();
        const state = states.get(id);
        if (!state) throw new NoSuchContainer(`No such container: ${id}`);
        put(id, { limits: { ...state.limits, ...changeable(limits) } });
      },
      events: (labels, signal) => events(labels, signal, listeners),
    },
    streams: streams.streams,
    images: memoryImages(check),
    resources: memoryResources(check),
  };
  return runtime;
}

async function* events(
  labels: Labels,
  signal: AbortSignal,
  listeners: Set<(event: ContainerEvent) => void>,
): AsyncGenerator<ContainerEvent | 'resync'> {
  const queue: ContainerEvent[] = [];
  let wake = (): void => {};
  const listener = (event: ContainerEvent): void => {
    if (has(event.labels, labels)) queue.push(event);
    wake();
  };
  const onAbort = (): void => wake();
  listeners.add(listener);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    yield 'resync';
    while (!signal.aborted) {
      const next = queue.shift();
      if (next) yield next;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    listeners.delete(listener);
    signal.removeEventListener('abort', onAbort);
  }
}
