import type Docker from 'dockerode';
import { type Clock, sleep } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import {
  type ContainerId,
  type Containers,
  type ContainerState,
  EngineUnavailable,
  type Labels,
  NoSuchContainer,
  StartFailed,
} from '../runtime.ts';
import { containerOptions, limitsIn, limitsOf, sandboxOptions } from './container-options.ts';
import { engineEvents } from './events.ts';
import { codeOf, textOf, unlessGone, unlessSo } from './failure.ts';
import type { SandboxNetwork } from './network/sandbox-network.ts';
import { inTurns } from './turns.ts';

/** More starts at once than this only queue inside the engine, where nothing has priority (measured: 4 to 6). */
const parallelStarts = 6;
const parallelInspects = 16;

type Deps = { clock: Clock; log: Log; network: SandboxNetwork; ensurePauseImage(): Promise<void> };

export function dockerContainers(docker: Docker, deps: Deps): Containers {
  const { clock, network } = deps;
  /** Sandboxes made here that must be put into their place once they run. */
  const toAttach = new Set<ContainerId>();
  const startInTurn = inTurns(parallelStarts);
  const inspectInTurn = inTurns(parallelInspects);

  const inspect = async (id: ContainerId): Promise<ContainerState | undefined> => {
    const info = await unlessGone(docker.getContainer(id).inspect());
    return info && stateOf(info);
  };

  async function remove(id: ContainerId): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await unlessGone(docker.getContainer(id).remove({ force: true, v: true }));
        return;
      } catch (error) {
        // Another removal is under way: it is over when there is nothing left to remove.
        if (codeOf(error) !== 409 || attempt >= 100) throw error;
        await sleep(clock, 100);
      }
    }
  }

  /** A name that is taken belongs to an earlier try of ours: with the same labels it is the one, else it is in the way. */
  async function createOnce(options: Docker.ContainerCreateOptions): Promise<ContainerId> {
    try {
      return (await docker.createContainer(options)).id;
    } catch (error) {
      if (codeOf(error) !== 409 || !options.name) throw error;
      const found = await inspect(options.name);
      if (found && found.status !== 'exited' && found.error === '' && sameLabels(options.Labels ?? {}, found.labels)) return found.id;
      if (found) await remove(found.id);
      return (await docker.createContainer(options)).id;
    }
  }

  async function reattach(state: ContainerState): Promise<void> {
    try {
      await network.attach(state);
    } catch (error) {
      deps.log.warn('a sandbox could not be put into its network', { container: state.name, error: textOf(error) });
    }
  }

  return {
    async createSandbox(spec) {
      const place = spec.network === 'host' ? undefined : await network.options(spec.network);
      const options = sandboxOptions(spec, place);
      const make = async (): Promise<ContainerId> => {
        const id = await createOnce(options);
        if (place) toAttach.add(id);
        return id;
      };
      try {
        return await make();
      } catch (error) {
        // Somebody has cleaned up images: ours is loaded anew.
        if (codeOf(error) !== 404 || !/no such image/i.test(textOf(error))) throw error;
        await deps.ensurePauseImage();
        return make();
      }
    },
    create: (spec) => createOnce(containerOptions(spec)),
    start: (id) =>
      startInTurn(async () => {
        try {
          // 304: it runs already.
          await unlessSo(docker.getContainer(id).start());
          if (!toAttach.has(id)) return;
          const state = await inspect(id);
          if (state) await network.attach(state);
          toAttach.delete(id);
        } catch (error) {
          if (codeOf(error) === 404 && !(await inspect(id))) throw new NoSuchContainer(`No such container: ${id}`, { cause: error });
          if (error instanceof EngineUnavailable) throw error;
          const { exitCode = 0 } = (await inspect(id)) ?? {};
          throw new StartFailed(textOf(error), exitCode || 128, { cause: error });
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
        if (codeOf(error) !== 404 && codeOf(error) !== 409) throw error;
      }
    },
    async unpause(id) {
      try {
        await docker.getContainer(id).unpause();
      } catch (error) {
        // The engine's word for one that is not paused is 500; what counts is how it is now.
        const state = await inspect(id);
        if (state?.status === 'paused') throw error;
      }
    },
    inspect,
    async list(labels) {
      const found = await docker.listContainers({ all: true, filters: { label: labelFilters(labels) } });
      const states = await Promise.all(found.map((it) => inspectInTurn(() => inspect(it.Id))));
      const all = states.filter((it): it is ContainerState => it !== undefined);
      // A sandbox that was started by somebody who did not live to put it into its place.
      await Promise.all(all.filter((it) => it.status === 'running').map((it) => reattach(it)));
      return all;
    },
    async update(id, limits) {
      await docker.getContainer(id).update(limitsOf(limits));
    },
    events: (labels, signal) => engineEvents(docker, labelFilters(labels), signal, deps),
  };
}

export const labelFilters = (labels: Labels): string[] => Object.entries(labels).map(([key, value]) => `${key}=${value}`);

const sameLabels = (wanted: Labels, found: Labels): boolean => Object.entries(wanted).every(([key, value]) => found[key] === value);

// What has not happened is the year 1 to the engine, or nothing at all.
const time = (text: string | undefined): number => (text && !text.startsWith('0001-') ? Date.parse(text) : 0);

function stateOf(info: Docker.ContainerInspectInfo): ContainerState {
  const { State: state, Config: config } = info;
  const [startedAt, finishedAt] = [time(state.StartedAt), time(state.FinishedAt)];
  const status = state.Paused ? 'paused' : state.Running ? 'running' : state.Status === 'created' ? 'created' : 'exited';
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ''),
    labels: config.Labels ?? {},
    image: config.Image,
    imageId: info.Image,
    status,
    createdAt: time(info.Created),
    startedAt,
    // A process may end before the engine has noted that it began.
    finishedAt: finishedAt && status === 'exited' ? Math.max(finishedAt, startedAt) : finishedAt,
    exitCode: state.ExitCode ?? 0,
    oomKilled: state.OOMKilled ?? false,
    error: state.Error ?? '',
    pid: state.Pid ?? 0,
    tty: config.Tty ?? false,
    limits: limitsIn(info.HostConfig),
  };
}
