import Docker from 'dockerode';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { EngineInfo, Runtime } from '../runtime.ts';
import { dockerContainers } from './containers.ts';
import { dockerImages } from './images.ts';
import { ensurePauseImage } from './pause.ts';
import { dockerResources } from './resources.ts';
import { dockerStreams } from './streams.ts';

/** `host` as DOCKER_HOST has it: unix:///var/run/docker.sock or tcp://address:port. */
export type DockerConfig = { host: string };

/** Connects to an engine. Fails, saying what to do, when it does not answer. No API version is pinned: the engine's own is used. */
export async function openDocker(config: DockerConfig, deps: { clock: Clock; log: Log }): Promise<Runtime> {
  const unix = config.host.startsWith('unix://');
  const url = unix ? undefined : new URL(config.host);
  const docker = url
    ? new Docker({ host: url.hostname, port: Number(url.port) || 2375, protocol: 'http' })
    : new Docker({ socketPath: config.host.slice('unix://'.length) });
  let raw: Record<string, unknown>;
  try {
    raw = (await docker.info()) as Record<string, unknown>;
  } catch (cause) {
    throw new Error(`no Docker Engine answers at ${config.host}: start it, or set DOCKER_HOST`, { cause });
  }
  const version = (await docker.version()) as { ApiVersion?: string; Version?: string };
  await ensurePauseImage(docker, String(raw.Architecture));
  const info: EngineInfo = {
    name: String(raw.Name),
    version: version.Version ?? '',
    apiVersion: version.ApiVersion ?? '',
    kernel: String(raw.KernelVersion),
    operatingSystem: String(raw.OperatingSystem),
    architecture: String(raw.Architecture),
    cpus: Number(raw.NCPU),
    memoryBytes: Number(raw.MemTotal),
    cgroupVersion: raw.CgroupVersion === '2' ? '2' : '1',
    rootDir: String(raw.DockerRootDir),
    storageDriver: String(raw.Driver),
    rootless: Array.isArray(raw.SecurityOptions) && raw.SecurityOptions.some((it) => String(it).includes('rootless')),
  };
  return {
    // What it says does not change while it runs; that it runs is found out each time.
    info: async () => {
      await docker.ping();
      return info;
    },
    containers: dockerContainers(docker, deps),
    streams: dockerStreams(docker, { clock: deps.clock, ownHost: unix }),
    images: dockerImages(docker),
    resources: dockerResources(docker),
  };
}
