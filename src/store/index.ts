export { type EmbeddedOptions, openEmbeddedStore } from './embedded/open.ts';
export { openMemoryStore } from './memory.ts';
export { type Change, Compacted, type Entry, type Range, type Revision, RevisionMismatch, type Store } from './store.ts';
