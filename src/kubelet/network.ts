import { gatewayOf } from './addresses.ts';
import { label } from './names.ts';
import type { KubeletConfig } from './parts.ts';
import type { NetworkSpec } from '../runtime/index.ts';

/** The network of this node's pods. */
export const networkOf = (config: KubeletConfig): NetworkSpec => ({
  name: config.networkName,
  subnet: config.podCidr,
  gateway: gatewayOf(config.podCidr),
  labels: { [label.cluster]: config.cluster },
});
