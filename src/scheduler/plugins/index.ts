import { exclusiveClaims } from './exclusive-claims.ts';
import { hostPorts } from './host-ports.ts';
import { imageLocality } from './image-locality.ts';
import { nodeName } from './node-name.ts';
import { namedNodeAffinity, nodeSelector, preferredNodes } from './node-selector.ts';
import type { Filter, Score } from './plugin.ts';
import { podAffinity, preferredCompany } from './pod-affinity.ts';
import { balancedAllocation, leastAllocated, resources } from './resources.ts';
import { softTaints, taints, unschedulable } from './taints.ts';
import { preferredSpread, topologySpread } from './topology-spread.ts';
import { volumeBinding } from './volume-binding.ts';
import { volumeZone } from './volume-zone.ts';

// The first that refuses a node gives the reason people read, so the order is upstream's: what the node is like before
// what is on it, and what has to look at other pods last.
export const filters: readonly Filter[] = [
  unschedulable,
  nodeName,
  taints,
  namedNodeAffinity,
  nodeSelector,
  hostPorts,
  resources,
  exclusiveClaims,
  volumeBinding,
  volumeZone,
  topologySpread,
  podAffinity,
];

// Any order: what counts is the weight.
export const scores: readonly Score[] = [
  softTaints,
  preferredNodes,
  leastAllocated,
  preferredSpread,
  preferredCompany,
  balancedAllocation,
  imageLocality,
];

export type { Context, Filter, News, Refusal, Score, Verdict } from './plugin.ts';
