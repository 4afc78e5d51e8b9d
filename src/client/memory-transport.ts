import type { AnyKind } from '../kinds/index.ts';
import type { Clock } from '../lib/clock.ts';
import { toTime } from '../lib/clock.ts';
import { nameSuffix, type Random } from '../lib/random.ts';
import { deepCopy, deepEqual } from '../meta/copy.ts';
import { keyOf } from '../meta/owner.ts';
import { mergeObjects } from '../meta/apply/merge.ts';
import { structureOf } from '../meta/apply/structure.ts';
import { applyJsonPatch } from '../meta/patch/json.ts';
import { applyMergePatch } from '../meta/patch/merge.ts';
import { applyStrategicPatch } from '../meta/patch/strategic.ts';
import { parseLabelSelector } from '../meta/parse-label-selector.ts';
import { matchesRequirements, parseFieldSelector } from '../meta/selector.ts';
import { alreadyExists, conflict, notFound, StatusError } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import type { ObjectKey, Transport, WatchEvent } from './transport.ts';

type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'post';
type Past = { revision: number; resource: string; now: KubeObject | undefined; was: KubeObject | undefined };
type Full = KubeObject & { spec?: unknown; status?: unknown };

/**
 * A small working API server without defaults, validation or admission: revisions, conflicts, watches with selectors,
 * the status subresource, finalizers and graceful deletion. For tests; it can be told to fail.
 */
export interface MemoryTransport extends Transport {
  /** Puts an object in as it is, status included; what is missing in metadata is filled. */
  seed<T extends KubeObject>(kind: AnyKind, object: unknown): T;
  /** Asked before every request; an error it returns is what the request fails with. `undefined` ends it. */
  failWith(fault: ((verb: Verb, kind: AnyKind) => Error | undefined) | undefined): void;
  /** Ends every open watch, as a server does that restarts. */
  cutWatches(): void;
  /** Forgets the past: watches from older revisions fail with Expired. */
  compact(): void;
  /** Open watches repeat their last event, as a broken proxy might. */
  repeatLast(): void;
}

export function createMemoryTransport({ clock, random }: { clock: Clock; random: Random }): MemoryTransport {
  const objects = new Map<string, Map<string, Full>>();
  const past: Past[] = [];
  const watchers = new Set<{ hear: (change: Past) => void; cut: () => void }>();
  let tokens = 0;
  let revision = 0;
  let oldest = 0;
  let fault: ((verb: Verb, kind: AnyKind) => Error | undefined) | undefined;

  const of = (kind: AnyKind): Map<string, Full> => {
    let inside = objects.get(kind.resource);
    if (!inside) {
      inside = new Map();
      objects.set(kind.resource, inside);
    }
    return inside;
  };

  async function begin(verb: Verb, kind: AnyKind): Promise<void> {
    // A request is never answered in the turn it was made in.
    await Promise.resolve();
    const error = fault?.(verb, kind);
    if (error) throw error;
  }

  function find(kind: AnyKind, key: ObjectKey): Full {
    const found = of(kind).get(keyOf({ metadata: key }));
    if (!found) throw notFound(kind, key.name);
    return found;
  }

  function commit(kind: AnyKind, was: Full | undefined, now: Full | undefined): Full {
    revision += 1;
    const last = (now ?? was) as Full;
    const object: Full = { ...last, metadata: { ...last.metadata, resourceVersion: String(revision) } };
    if (now) of(kind).set(keyOf(object), object);
    else of(kind).delete(keyOf(object));
    const change = { revision, resource: kind.resource, now: now && object, was: now ? was : object };
    past.push(change);
    for (const watcher of [...watchers]) watcher.hear(change);
    return object;
  }

  function put(kind: AnyKind, raw: unknown, namespace?: string): Full {
    const draft = deepCopy(raw) as Omit<Full, 'metadata'> & { metadata: Partial<KubeObject['metadata']> };
    const name = draft.metadata.name ?? `${draft.metadata.generateName ?? ''}${nameSuffix(random)}`;
    const metadata = {
      uid: random.uuid(),
      creationTimestamp: toTime(clock.now()),
      ...('spec' in draft && { generation: 1 }),
      ...draft.metadata,
      name,
      ...(kind.namespaced && { namespace: draft.metadata.namespace ?? namespace ?? 'default' }),
    };
    const object: Full = { ...draft, apiVersion: kind.apiVersion, kind: kind.kind, metadata: { resourceVersion: '', ...metadata } };
    if (of(kind).has(keyOf(object))) throw alreadyExists(kind, name);
    return commit(kind, undefined, object);
  }

  function replace(kind: AnyKind, was: Full, raw: KubeObject, subresource: string | undefined): Full {
    const draft = deepCopy(raw) as Full;
    const asked = draft.metadata.resourceVersion;
    if (asked && asked !== was.metadata.resourceVersion) {
      throw conflict(
        kind,
        was.metadata.name,
        'the object has been modified; please apply your changes to the latest version and try again',
      );
    }
    const fixed = {
      uid: was.metadata.uid,
      creationTimestamp: was.metadata.creationTimestamp,
      resourceVersion: was.metadata.resourceVersion,
      ...(was.metadata.deletionTimestamp && { deletionTimestamp: was.metadata.deletionTimestamp }),
    };
    let now: Full;
    if (subresource === 'status') {
      const { labels, annotations } = draft.metadata;
      const metadata = { ...was.metadata, ...(labels && { labels }), ...(annotations && { annotations }) };
      now = { ...was, metadata, ...('status' in draft && { status: draft.status }) };
    } else {
      now = { ...draft, metadata: { ...draft.metadata, ...fixed } };
      if ('status' in was) now.status = was.status;
      if (was.metadata.generation !== undefined) {
        now.metadata.generation = was.metadata.generation + (deepEqual(now.spec, was.spec) ? 0 : 1);
      }
    }
    if (deepEqual(now, was)) return was;
    const isGone = now.metadata.deletionTimestamp && !now.metadata.finalizers?.length && !now.metadata.deletionGracePeriodSeconds;
    if (isGone) return commit(kind, now, undefined);
    return commit(kind, was, now);
  }

  /** Merges by the schema. Who owns what is not kept here: nothing conflicts, and nothing that was left out goes. */
  function apply(kind: AnyKind, key: ObjectKey, config: KubeObject): Full {
    const was = of(kind).get(keyOf({ metadata: key }));
    if (!was) return put(kind, config, key.namespace);
    const merged = mergeObjects(structureOf(kind.message), { ...was }, { ...config });
    return replace(kind, was, merged as unknown as KubeObject, undefined);
  }

  const selects = (kind: AnyKind, options: { namespace?: string; labelSelector?: string; fieldSelector?: string }) => {
    const labels = parseLabelSelector(options.labelSelector ?? '');
    const fields = parseFieldSelector(options.fieldSelector ?? '');
    const read = (object: KubeObject, path: string): string =>
      path === 'metadata.name'
        ? object.metadata.name
        : path === 'metadata.namespace'
          ? (object.metadata.namespace ?? '')
          : (kind.fields?.[path]?.(object) ?? '');
    return (object: KubeObject | undefined): boolean =>
      object !== undefined &&
      (!options.namespace || object.metadata.namespace === options.namespace) &&
      matchesRequirements(labels, object.metadata.labels) &&
      fields.every((it) => (read(object, it.path) === it.value) === it.equal);
  };

  return {
    seed: <T extends KubeObject>(kind: AnyKind, object: unknown) => put(kind, object) as KubeObject as T,
    failWith(next) {
      fault = next;
    },
    cutWatches() {
      for (const watcher of [...watchers]) watcher.cut();
    },
    compact() {
      past.length = 0;
      oldest = revision;
    },
    repeatLast() {
      const last = past.at(-1);
      if (last) for (const watcher of [...watchers]) watcher.hear(last);
    },

    async get(kind, key) {
      await begin('get', kind);
      return find(kind, key);
    },

    async list(kind, options) {
      await begin('list', kind);
      const items = [...of(kind)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
      return { items: items.filter(selects(kind, options)), resourceVersion: String(revision) };
    },

    async *watch(kind, options, signal): AsyncGenerator<WatchEvent> {
      await begin('watch', kind);
      const since = Number(options.resourceVersion || revision);
      if (since < oldest) throw new StatusError('Expired', `too old resource version: ${since} (${oldest})`);
      const matches = selects(kind, options);
      const queue: WatchEvent[] = [];
      let isOver = false;
      let wake = (): void => {};
      const watcher = {
        hear({ resource, now, was }: Past): void {
          if (resource !== kind.resource) return;
          const did = matches(was);
          if (now && matches(now)) queue.push({ type: did ? 'MODIFIED' : 'ADDED', object: now });
          else if (was && did) queue.push({ type: 'DELETED', object: now ? at(was, now.metadata.resourceVersion) : was });
          wake();
        },
        cut(): void {
          isOver = true;
          wake();
        },
      };
      for (const change of past) if (change.revision > since) watcher.hear(change);
      watchers.add(watcher);
      signal.addEventListener('abort', watcher.cut, { once: true });
      try {
        for (;;) {
          const next = queue.shift();
          if (next && !signal.aborted) yield next;
          else if (isOver || signal.aborted) return;
          else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        watchers.delete(watcher);
        signal.removeEventListener('abort', watcher.cut);
      }
    },

    async create(kind, object, options) {
      await begin('create', kind);
      return put(kind, object, options?.namespace);
    },

    async update(kind, object, options) {
      await begin('update', kind);
      return replace(kind, find(kind, object.metadata), object, options?.subresource);
    },

    async patch(kind, key, { type, body }, options) {
      await begin('patch', kind);
      if (type === 'apply') return apply(kind, key, body as KubeObject);
      const was = find(kind, key);
      const change = { json: applyJsonPatch, merge: applyMergePatch, strategic: applyStrategicPatch.bind(undefined, kind.message) }[type];
      return replace(kind, was, change(was, body) as KubeObject, options?.subresource);
    },

    async delete(kind, key, options = {}) {
      await begin('delete', kind);
      const was = find(kind, key);
      const { uid, resourceVersion } = options.preconditions ?? {};
      if (uid && uid !== was.metadata.uid) {
        throw conflict(kind, key.name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${was.metadata.uid}`);
      }
      if (resourceVersion && resourceVersion !== was.metadata.resourceVersion) {
        throw conflict(
          kind,
          key.name,
          `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${was.metadata.resourceVersion}`,
        );
      }
      const grace = kind.graceSeconds?.(was, options.gracePeriodSeconds) ?? 0;
      const wait = grace > 0 || was.metadata.finalizers?.length;
      if (!wait) return commit(kind, was, undefined);
      const metadata = {
        ...was.metadata,
        deletionTimestamp: was.metadata.deletionTimestamp ?? toTime(clock.now() + grace * 1000),
        ...(kind.graceSeconds && { deletionGracePeriodSeconds: grace }),
      };
      const now = { ...was, metadata };
      return deepEqual(now, was) ? was : commit(kind, was, now);
    },

    async post(kind, key, subresource, body) {
      await begin('post', kind);
      const was = find(kind, key);
      if (subresource === 'eviction') return this.delete(kind, key);
      if (subresource === 'token') {
        const { expirationSeconds = 3600 } = (body as { spec?: { expirationSeconds?: number } }).spec ?? {};
        const status = { token: `token-${++tokens}`, expirationTimestamp: toTime(clock.now() + expirationSeconds * 1000) };
        return { ...was, kind: 'TokenRequest', status } as KubeObject;
      }
      if (subresource !== 'binding') throw new StatusError('NotFound', 'the server could not find the requested resource');
      const { target } = body as { target: { name: string } };
      return commit(kind, was, { ...was, spec: { ...(was.spec as object), nodeName: target.name } });
    },
  };
}

const at = (object: KubeObject, resourceVersion: string): KubeObject => ({ ...object, metadata: { ...object.metadata, resourceVersion } });
