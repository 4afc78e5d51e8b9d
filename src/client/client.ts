import type { AnyKind, Kind } from '../kinds/index.ts';
import { deepCopy, deepEqual } from '../meta/copy.ts';
import { isReason } from '../meta/status-error.ts';
import type { Draft, KubeObject, ObjectMeta } from '../meta/types.ts';
import type {
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

/** Typed access to objects. What comes back is shared: to change it, use `change`. */
export interface Client {
  /** Undefined when there is no such object. */
  get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): Promise<T | undefined>;
  list<T extends KubeObject>(kind: Kind<T>, options?: ListOptions): Promise<List<T>>;
  watch<T extends KubeObject>(kind: Kind<T>, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(kind: Kind<T>, draft: Draft<T>, options?: WriteOptions): Promise<T>;
  update<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>;
  /**
   * Hands a draft of the newest version to `mutate` and writes what became of it; again from the start on a conflict.
   * Writes nothing when nothing changed or `mutate` returns false. Undefined when there is no such object (any more).
   */
  change<T extends KubeObject>(kind: Kind<T>, object: T | ObjectKey, mutate: (draft: T) => unknown): Promise<T | undefined>;
  /** The same through /status. */
  changeStatus<T extends KubeObject>(kind: Kind<T>, object: T | ObjectKey, mutate: (draft: T) => unknown): Promise<T | undefined>;
  patch<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, patch: Patch, options?: PatchOptions): Promise<T>;
  /**
   * Server-side apply: creates the object or makes it what `config` says, and takes away what this field manager applied
   * before and does not say any more. Fails with Conflict where others own a field, unless `force` is set.
   */
  apply<T extends KubeObject>(kind: Kind<T>, config: Config<T>, options?: PatchOptions): Promise<T>;
  /** Undefined when it was gone already. */
  delete(kind: AnyKind, key: ObjectKey, options?: DeleteOptions): Promise<KubeObject | undefined>;
  post(kind: AnyKind, key: ObjectKey, subresource: string, body: unknown): Promise<KubeObject>;
}

const isObject = <T extends KubeObject>(it: T | ObjectKey): it is T => 'metadata' in it;

/** What a field manager wants of an object: any part of it, and its name. */
export type Config<T> = PartOf<Omit<T, 'metadata'>> & { metadata: Partial<ObjectMeta> & { name: string } };
type PartOf<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: PartOf<T[K]> } : T;

/** managedFields are the server's: a write without them leaves them as they are. */
function unmanaged<T extends KubeObject>({ metadata: { managedFields: _, ...metadata }, ...rest }: T): T {
  return { ...rest, metadata } as unknown as T;
}

/** `fieldManager` is who this client writes as, where a call does not say. */
export function createClient(transport: Transport, { fieldManager }: { fieldManager?: string } = {}): Client {
  const named = <O extends WriteOptions>(options?: O): O & WriteOptions =>
    ({ ...(fieldManager && { fieldManager }), ...options }) as O & WriteOptions;

  async function get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): Promise<T | undefined> {
    try {
      return (await transport.get(kind as AnyKind, key)) as T;
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async function change<T extends KubeObject>(
    kind: Kind<T>,
    start: T | ObjectKey,
    mutate: (draft: T) => unknown,
    subresource?: 'status',
  ): Promise<T | undefined> {
    const key: ObjectKey = isObject(start) ? start.metadata : start;
    let was = isObject(start) ? start : await get(kind, key);
    for (let attempt = 0; was; attempt++) {
      const before = unmanaged(was);
      const draft = deepCopy(before);
      if (mutate(draft) === false || deepEqual(draft, before)) return was;
      try {
        return (await transport.update(
          kind as AnyKind,
          draft,
          named<WriteOptions & { subresource?: 'status' }>(subresource ? { subresource } : {}),
        )) as T;
      } catch (error) {
        if (isReason(error, 'NotFound')) return undefined;
        if (!isReason(error, 'Conflict') || attempt >= 10) throw error;
        const now: T | undefined = await get(kind, key);
        // Another object of the same name is not the one that was meant.
        if (now && isObject(start) && now.metadata.uid !== start.metadata.uid) return undefined;
        was = now;
      }
    }
    return undefined;
  }

  return {
    get,
    list: async (kind, options = {}) => (await transport.list(kind as AnyKind, options)) as List<never>,
    watch: (kind, options, signal) => transport.watch(kind as AnyKind, options, signal) as AsyncIterable<WatchEvent<never>>,
    create: async (kind, draft, options = {}) =>
      (await transport.create(kind as AnyKind, draft, {
        ...named(options),
        ...(draft.metadata.namespace && { namespace: draft.metadata.namespace }),
      })) as never,
    update: async (kind, object, options) => (await transport.update(kind as AnyKind, object, named(options))) as never,
    change: (kind, object, mutate) => change(kind, object, mutate),
    changeStatus: (kind, object, mutate) => change(kind, object, mutate, 'status'),
    patch: async (kind, key, patch, options) => (await transport.patch(kind as AnyKind, key, patch, named(options))) as never,
    apply: async (kind, config, options) => {
      const body = { apiVersion: kind.apiVersion, kind: kind.kind, ...config };
      return (await transport.patch(kind as AnyKind, config.metadata, { type: 'apply', body }, named(options))) as never;
    },
    async delete(kind, key, options) {
      try {
        return await transport.delete(kind, key, options);
      } catch (error) {
        if (isReason(error, 'NotFound')) return undefined;
        throw error;
      }
    },
    post: (kind, key, subresource, body) => transport.post(kind, key, subresource, body),
  };
}
