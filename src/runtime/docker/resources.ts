import type Docker from 'dockerode';
import type { MemoryVolume, NetworkSpec, Resources } from '../runtime.ts';
import { labelFilters } from './containers.ts';
import { EngineError, textOf, unlessGone } from './failure.ts';

export function dockerResources(docker: Docker): Resources {
  return {
    async ensureNetwork(spec) {
      const found = await findNetwork(docker, spec.name);
      if (found) return adopt(spec, found);
      try {
        await docker.createNetwork({
          Name: spec.name,
          Driver: 'bridge',
          CheckDuplicate: true,
          Labels: { ...spec.labels },
          IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet, Gateway: spec.gateway }] },
          Options: {
            'com.docker.network.bridge.enable_icc': 'true',
            ...(spec.bridgeName && { 'com.docker.network.bridge.name': spec.bridgeName }),
          },
        });
      } catch (error) {
        // Made by somebody else since we looked.
        const other = error instanceof EngineError && error.status === 409 ? await findNetwork(docker, spec.name) : undefined;
        if (other) return adopt(spec, other);
        throw new Error(`the Docker network ${spec.name} (${spec.subnet}) cannot be made: ${textOf(error)}`, { cause: error });
      }
    },
    async removeNetwork(name) {
      await unlessGone(docker.getNetwork(name).remove());
    },
    async ensureVolume(name, labels, memory) {
      await docker.createVolume({
        Name: name,
        Labels: { ...labels },
        ...(memory && { Driver: 'local', DriverOpts: memoryOptions(memory) }),
      });
      return { hostPath: (await docker.getVolume(name).inspect()).Mountpoint };
    },
    async removeVolume(name) {
      await unlessGone(docker.getVolume(name).remove());
    },
    async listVolumes(labels) {
      const filters = JSON.stringify({ label: labelFilters(labels) });
      const { Volumes: volumes } = await docker.listVolumes({ filters } as unknown as Docker.VolumeListOptions);
      return (volumes ?? []).map((it) => it.Name);
    },
  };
}

/** By its exact name: the engine's own look-up also takes prefixes of ids. */
async function findNetwork(docker: Docker, name: string): Promise<Docker.NetworkInspectInfo | undefined> {
  const found = await docker.listNetworks({ filters: { name: [name] } });
  return found.find((it) => it.Name === name);
}

function adopt(spec: NetworkSpec, found: Docker.NetworkInspectInfo): void {
  const { Subnet: subnet, Gateway: gateway } = found.IPAM?.Config?.[0] ?? {};
  const differs =
    found.Driver !== 'bridge'
      ? `is of type ${found.Driver}, not bridge`
      : subnet !== spec.subnet
        ? `has the subnet ${subnet}, not ${spec.subnet}`
        : gateway && gateway !== spec.gateway
          ? `has the gateway ${gateway}, not ${spec.gateway}`
          : undefined;
  if (differs)
    throw new Error(`the Docker network ${spec.name} ${differs}: remove it (docker network rm ${spec.name}) or choose another range`);
}

function memoryOptions({ sizeBytes, mode, group }: MemoryVolume): Record<string, string> {
  const o = [
    sizeBytes !== undefined && `size=${sizeBytes}`,
    mode !== undefined && `mode=${mode.toString(8)}`,
    group !== undefined && `gid=${group}`,
  ];
  return { type: 'tmpfs', device: 'tmpfs', o: o.filter(Boolean).join(',') };
}
