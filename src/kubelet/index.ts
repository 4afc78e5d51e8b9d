export { type Kubelet, type KubeletDeps, startKubelet } from './kubelet.ts';
export type { KubeletConfig } from './parts.ts';
