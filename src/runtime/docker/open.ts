import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type Docker from 'dockerode';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { EngineInfo, Runtime } from '../runtime.ts';
import { dockerContainers } from './containers.ts';
import { controlGroups } from './control-groups.ts';
import { type DockerConfig, engineAt } from './engine.ts';
import { dockerImages } from './images.ts';
import { bridgesOf } from './network/bridges.ts';
import { engineNetwork } from './network/sandbox-network.ts';
import { canMakeCables, vethNetwork } from './network/veth.ts';
import { ensurePauseImage } from './pause.ts';
import { dockerResources } from './resources.ts';
import { dockerStreams } from './streams.ts';

type Raw = { [name: string]: unknown };

/**
 * Connects to an engine and loads the sandbox's image into it. Fails with EngineUnavailable when it does not answer.
 * No API version is pinned: each engine is spoken to in its own.
 */
export async function openDocker(config: DockerConfig, deps: { clock: Clock; log: Log }): Promise<Runtime> {
  const docker = engineAt(config, deps.clock);
  const [raw, version] = (await Promise.all([docker.info(), docker.version()])) as [Raw, Docker.DockerVersion];
  const ownHost = sharesHost(config.host, raw);
  const info = infoOf(raw, version, ownHost);
  const loadPause = (): Promise<void> => ensurePauseImage(docker, info.architecture);
  const [cabled] = await Promise.all([makesCables(config, ownHost), loadPause()]);
  const network = cabled ? vethNetwork({ bridgeOf: bridgesOf(docker) }) : engineNetwork;
  return {
    // What it says does not change while it runs; that it runs is found out each time.
    info: async () => {
      await docker.ping();
      return info;
    },
    containers: dockerContainers(docker, { ...deps, network, ensurePauseImage: loadPause }),
    streams: dockerStreams(docker, { clock: deps.clock, ownHost }),
    images: dockerImages(docker),
    resources: dockerResources(docker),
    ...(makesGroups(raw, ownHost) && { groups: controlGroups(info.cgroupVersion, deps.clock) }),
  };
}

/** An engine that leaves groups to systemd wants slices, whose limits are systemd's to set. */
const makesGroups = (raw: Raw, ownHost: boolean): boolean => ownHost && raw.CgroupDriver === 'cgroupfs' && process.getuid?.() === 0;

const makesCables = async ({ network = 'auto' }: DockerConfig, ownHost: boolean): Promise<boolean> =>
  network === 'auto' && (await canMakeCables(ownHost));

/**
 * Whether the engine's files and processes are also ours: it listens on a socket of this Linux host, calls itself by
 * our name, and has its data where we can see them. In a container that has the socket mounted none of this holds.
 */
const sharesHost = (host: string, raw: Raw): boolean =>
  process.platform === 'linux' && host.startsWith('unix://') && raw.Name === hostname() && existsSync(String(raw.DockerRootDir));

function infoOf(raw: Raw, version: Docker.DockerVersion, ownHost: boolean): EngineInfo {
  const text = (value: unknown): string => (value === undefined ? '' : String(value));
  const options = Array.isArray(raw.SecurityOptions) ? raw.SecurityOptions.map(String) : [];
  return {
    name: text(raw.Name),
    version: text(version.Version),
    apiVersion: text(version.ApiVersion),
    kernel: text(raw.KernelVersion),
    operatingSystem: text(raw.OperatingSystem),
    architecture: text(raw.Architecture),
    cpus: Number(raw.NCPU),
    memoryBytes: Number(raw.MemTotal),
    cgroupVersion: raw.CgroupVersion === '2' ? '2' : '1',
    rootDir: text(raw.DockerRootDir),
    storageDriver: text(raw.Driver),
    rootless: options.some((it) => it.includes('rootless')),
    runtimes: Object.keys((raw.Runtimes as object | undefined) ?? {}),
    appArmor: options.some((it) => it.startsWith('name=apparmor')),
    sharesHost: ownHost,
  };
}
