export { type Meant, meantBy } from './arguments.ts';
export {
  discover,
  findResource,
  inCategory,
  objectName,
  pathOf,
  qualified,
  type Resource,
  resourceNamed,
  resourceOfKind,
  type Served,
} from './discovery.ts';
export {
  type AnyObject,
  createObject,
  deleteObject,
  type Deleting,
  getObject,
  type ListQuery,
  listObjects,
  patchObject,
  type PatchType,
  placeOf,
  replaceObject,
  type Target,
  type Writing,
} from './objects.ts';
