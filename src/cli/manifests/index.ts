export { diskFiles, type ManifestFiles } from './disk.ts';
export { type Manifest, type ManifestArgs, type ManifestEdges, type Manifests, objectsOf, readManifests } from './read.ts';
