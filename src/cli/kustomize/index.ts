export { type Built, buildKustomization, type Files } from './build.ts';
export { kustomizationFileNames } from './kustomization.ts';
export { contentHash } from './hash.ts';
export { KustomizationError } from './shape.ts';
