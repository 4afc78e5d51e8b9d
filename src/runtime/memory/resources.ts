import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Labels, NetworkSpec, Resources } from '../runtime.ts';

/** Volumes are directories of the host, made when first asked for. */
export type MemoryResources = Resources & {
  networks: Map<string, NetworkSpec>;
  volumes: Map<string, { labels: Labels; hostPath: string }>;
  /** Volumes that cannot be removed: something uses them. */
  inUse: Set<string>;
};

export function memoryResources(check: () => void): MemoryResources {
  const resources: MemoryResources = {
    networks: new Map(),
    volumes: new Map(),
    inUse: new Set(),
    async ensureNetwork(spec) {
      check();
      const found = resources.networks.get(spec.name);
      if (found && found.subnet !== spec.subnet)
        throw new Error(`the Docker network ${spec.name} has the subnet ${found.subnet}, not ${spec.subnet}`);
      resources.networks.set(spec.name, spec);
    },
    async removeNetwork(name) {
      check();
      resources.networks.delete(name);
    },
    async ensureVolume(name, labels) {
      check();
      let volume = resources.volumes.get(name);
      if (!volume) {
        volume = { labels, hostPath: mkdtempSync(join(tmpdir(), 'volume-')) };
        resources.volumes.set(name, volume);
      }
      return { hostPath: volume.hostPath };
    },
    async removeVolume(name) {
      check();
      if (resources.inUse.has(name)) throw new Error(`remove ${name}: volume is in use`);
      const volume = resources.volumes.get(name);
      if (volume) rmSync(volume.hostPath, { recursive: true, force: true });
      resources.volumes.delete(name);
    },
    async listVolumes(labels) {
      check();
      const wanted = Object.entries(labels);
      return [...resources.volumes].filter(([, it]) => wanted.every(([key, value]) => it.labels[key] === value)).map(([name]) => name);
    },
  };
  return resources;
}
