import { type AnyKind, measured } from '../kinds/index.ts';
import type { KubeObject } from '../meta/types.ts';
import { applyObject, applyScale } from './apply.ts';
import type { ApiContext, WriteOptions } from './context.ts';
import { measure, type NodeLookup } from './measured.ts';
import { type PatchType, patched } from './patch.ts';
import { read } from './reading.ts';
import { post } from './subresources.ts';
import { scaled, scaleOf } from './scale.ts';
import { shown } from './codec.ts';
import { type DeleteQuery, deleteObject } from './verbs/delete.ts';
import { getEntry, type ListQuery, listPage } from './verbs/read.ts';
import { noticeObject, startWatch, type WatchQuery } from './verbs/watch.ts';
import { createObject, updateObject } from './verbs/write.ts';

type Key = { namespace?: string; name: string };
type Event = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: KubeObject };

type ApplyOptions = WriteOptions & { subresource?: 'status' | 'scale' | 'resize' | 'ephemeralcontainers'; force?: boolean };

async function apply(
  api: ApiContext,
  kind: AnyKind,
  { namespace, name }: Key,
  config: unknown,
  options: ApplyOptions,
): Promise<KubeObject> {
  const place = { namespace, name };
  if (options.subresource === 'scale') return scaleOf(kind, (await applyScale(api, kind, place, config, options)).object);
  return (await applyObject(api, kind, place, config, options)).object;
}

/**
 * The client's Transport without the network: objects are handed over as they are, and must not be changed. What is
 * measured is asked of the nodes that `connectNode` finds.
 */
export function localTransport(api: ApiContext, connectNode: NodeLookup = () => undefined) {
  return {
    get: async (kind: AnyKind, key: Key): Promise<KubeObject> => shown(kind, await getEntry(api, kind, key.namespace, key.name)),

    async list(kind: AnyKind, query: ListQuery) {
      if (measured.includes(kind)) return { items: await measure(api, kind, query, connectNode), resourceVersion: '' };
      const page = await listPage(api, kind, query);
      return {
        items: page.entries.map((it) => shown(kind, it)),
        resourceVersion: String(page.revision),
        ...(page.continue && { continue: page.continue }),
        ...(page.remainingItemCount !== undefined && { remainingItemCount: page.remainingItemCount }),
      };
    },

    async *watch(kind: AnyKind, query: WatchQuery, signal: AbortSignal): AsyncGenerator<Event> {
      const waiting: Event[] = [];
      let failure: Error | undefined;
      let wake = (): void => {};
      const { stop } = await startWatch(api, kind, query, (notice) => {
        if (notice.type === 'ERROR') failure = notice.error;
        else waiting.push({ type: notice.type, object: noticeObject(kind, notice) });
        wake();
      });
      const onAbort = (): void => wake();
      signal.addEventListener('abort', onAbort);
      try {
        while (!signal.aborted) {
          const next = waiting.shift();
          if (next) yield next;
          else if (failure) throw failure;
          else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        stop();
        signal.removeEventListener('abort', onAbort);
      }
    },

    async create(kind: AnyKind, object: unknown, options: WriteOptions & { namespace?: string } = {}): Promise<KubeObject> {
      const draft = read(kind, object);
      return (await createObject(api, kind, options.namespace ?? draft.metadata.namespace, draft, options)).object;
    },

    async update(kind: AnyKind, object: KubeObject, options: WriteOptions & { subresource?: 'status' } = {}): Promise<KubeObject> {
      const draft = read(kind, object);
      return (await updateObject(api, kind, draft.metadata.namespace, draft.metadata.name, () => draft, options)).object;
    },

    async patch(
      kind: AnyKind,
      key: Key,
      patch: { type: PatchType | 'apply'; body: unknown },
      options: WriteOptions & { subresource?: 'status' | 'scale' | 'resize' | 'ephemeralcontainers'; force?: boolean } = {},
    ): Promise<KubeObject> {
      const { subresource, force: _, ...rest } = options;
      const { type, body } = patch;
      if (type === 'apply') return apply(api, kind, key, body, options);
      if (subresource === 'scale') {
        const change = (was: KubeObject): KubeObject =>
          scaled(kind, was, patched(kind, scaleOf(kind, was), type === 'strategic' ? 'merge' : type, body));
        return scaleOf(kind, (await updateObject(api, kind, key.namespace, key.name, change, { ...rest, subresource })).object);
      }
      const change = (was: KubeObject): KubeObject => read(kind, patched(kind, was, type, body));
      return (await updateObject(api, kind, key.namespace, key.name, change, { ...rest, subresource })).object;
    },

    delete: async (kind: AnyKind, key: Key, options: DeleteQuery = {}): Promise<KubeObject> =>
      (await deleteObject(api, kind, key.namespace, key.name, options)).object,

    post: (kind: AnyKind, key: Key, subresource: string, body: unknown): Promise<KubeObject> => post(api, kind, key, subresource, body, {}),
  };
}
