export { diskFiles, type ManifestFiles } from './disk.ts';
export { type Manifest, type ManifestArgs, type ManifestEdges, type Manifests, NotAnObject, objectsOf, readManifests } from './read.ts';
