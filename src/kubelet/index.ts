export type { Mirrors } from './images/index.ts';
export { defaultThresholds, faultInThresholds, parseThresholds } from './eviction/index.ts';
export { type Kubelet, type KubeletDeps, startKubelet } from './kubelet.ts';
export type { KubeletConfig } from './parts.ts';
export { type NodeRemoval, type NodeRemoved, removeNode } from './remove.ts';
