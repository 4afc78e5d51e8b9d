export { type Kubelet, type KubeletDeps, startKubelet } from './kubelet.ts';
export type { KubeletConfig } from './parts.ts';
export { removeVolumeFiles } from './volumes/index.ts';
