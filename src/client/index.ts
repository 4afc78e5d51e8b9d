export { type Client, createClient } from './client.ts';
export { createEventRecorder, type EventRecorder } from './event-recorder.ts';
export { createHttpsTransport, type HttpsConfig, pathOf } from './https-transport.ts';
export { createInformers, type Informer, type Informers, type ObjectChange } from './informer.ts';
export { createMemoryTransport, type MemoryTransport } from './memory-transport.ts';
export type {
  DeleteOptions,
  List,
  ListOptions,
  ObjectKey,
  Patch,
  PatchOptions,
  Transport,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './transport.ts';
