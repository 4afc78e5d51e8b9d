import type { KubeletConfig } from '../parts.ts';

/** What /configz tells: the settings of the node agent that upstream's KubeletConfiguration has a field for. */
export const configurationOf = (config: KubeletConfig): object => ({
  clusterDomain: config.clusterDomain,
  clusterDNS: [config.clusterDns],
  podCIDR: config.podCidr,
  maxPods: config.maxPods,
  allowedUnsafeSysctls: [...config.unsafeSysctls],
  systemReserved: config.reserved,
  serializeImagePulls: config.images.parallelPulls === 1,
  maxParallelImagePulls: config.images.parallelPulls,
  cgroupDriver: 'cgroupfs',
  containerRuntimeEndpoint: 'docker',
  nodeStatusUpdateFrequency: '10s',
  nodeLeaseDurationSeconds: 40,
});
