import type Docker from 'dockerode';
import type { Resources } from '../runtime.ts';
import { labelFilters } from './containers.ts';
import { unlessGone } from './failure.ts';

export function dockerResources(docker: Docker): Resources {
  return {
    async ensureNetwork(spec) {
      const found = await unlessGone(docker.getNetwork(spec.name).inspect() as Promise<Docker.NetworkInspectInfo>);
      if (found) {
        const subnet = found.IPAM?.Config?.[0]?.Subnet;
        if (subnet === spec.subnet) return;
        throw new Error(
          `the Docker network ${spec.name} has the subnet ${subnet}, not ${spec.subnet}: remove it (docker network rm ${spec.name}) or choose that pod range`,
        );
      }
      await docker.createNetwork({
        Name: spec.name,
        Driver: 'bridge',
        Labels: { ...spec.labels },
        IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet, Gateway: spec.gateway }] },
        ...(spec.bridgeName && { Options: { 'com.docker.network.bridge.name': spec.bridgeName } }),
      });
    },
    async removeNetwork(name) {
      await unlessGone(docker.getNetwork(name).remove());
    },
    async ensureVolume(name, labels) {
      await docker.createVolume({ Name: name, Labels: { ...labels } });
      return { hostPath: (await docker.getVolume(name).inspect()).Mountpoint };
    },
    async removeVolume(name) {
      await unlessGone(docker.getVolume(name).remove());
    },
    async listVolumes(labels) {
      const { Volumes: volumes } = await docker.listVolumes({ filters: { label: labelFilters(labels) } as never });
      return (volumes ?? []).map((it) => it.Name);
    },
  };
}
