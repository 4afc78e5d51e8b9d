import type { Informer, Informers, Transport } from '../../src/client/index.ts';
import { type AnyKind, type Kind, pod } from '../../src/kinds/index.ts';
import type { KubeObject } from '../../src/meta/types.ts';
import type { Parts } from './control-plane.ts';

/** Ways to break a part of the control plane on purpose, from outside. */

type Act = Partial<Transport>;
const tampered = (who: string, how: (transport: Transport) => Act): Parts => ({
  tamper: (actor, transport) => (actor === who ? { ...transport, ...how(transport) } : transport),
});

/** Its updates are changed on their way. */
export const updates = (who: string, change: (kind: AnyKind, object: never) => unknown): Parts =>
  tampered(who, ({ update }) => ({
    update: (kind, object, options) => update(kind, (change(kind, object as never) ?? object) as typeof object, options),
  }));

/** What it makes is changed on its way. */
export const creates = (who: string, change: (kind: AnyKind, object: never) => unknown): Parts =>
  tampered(who, ({ create }) => ({ create: (kind, object, options) => create(kind, change(kind, object as never) ?? object, options) }));

/** It makes each pod twice. */
export const twice = (who: string): Parts =>
  tampered(who, ({ create }) => ({
    async create(kind, object, options) {
      if (kind === (pod as AnyKind)) await create(kind, object, options);
      return create(kind, object, options);
    },
  }));

/** It believes that what it deletes has gone. */
export const deaf = (who: string, plural: string): Parts =>
  tampered(who, (transport) => ({
    delete: (kind, key, options) =>
      kind.plural === plural ? Promise.resolve({ metadata: key } as never) : transport.delete(kind, key, options),
  }));

/** It believes that its updates were written. */
export const silent = (who: string, plural: string): Parts =>
  tampered(who, ({ update }) => ({
    update: (kind, object, options) => (kind.plural === plural ? Promise.resolve(object) : update(kind, object, options)),
  }));

/** Whatever it does otherwise. */
export const acts = tampered;

/** Its caches show it something else, or, where `view` has nothing, no such object. */
export const sees = <T extends KubeObject>(who: string, kind: Kind<T>, view: (object: T) => T | undefined): Parts => ({
  see: (actor, informers) => (actor === who ? through(informers, kind as AnyKind, view as unknown as View) : informers),
});

type View = (object: KubeObject) => KubeObject | undefined;

function through(informers: Informers, kind: AnyKind, view: View): Informers {
  const all = (objects: readonly KubeObject[]): KubeObject[] => objects.flatMap((it) => view(it) ?? []);
  return {
    of<T extends KubeObject>(asked: Kind<T>): Informer<T> {
      const informer = informers.of(asked);
      if ((asked as unknown as AnyKind) !== kind) return informer;
      const real = informer as unknown as Informer<KubeObject>;
      const changed: Informer<KubeObject> = {
        ...{ synced: real.synced, hasSynced: real.hasSynced, onChange: (listener) => real.onChange(listener) },
        get(key) {
          const it = real.get(key);
          return it && view(it);
        },
        list: () => all(real.list()),
        inNamespace: (name) => all(real.inNamespace(name)),
        ownedBy: (uid) => all(real.ownedBy(uid)),
      };
      return changed as unknown as Informer<T>;
    },
  };
}

/** Several faults at once. */
export const together = (...parts: Parts[]): Parts => ({
  tamper: (actor, transport) => parts.reduce((way, { tamper }) => tamper?.(actor, way) ?? way, transport),
  see: (actor, informers) => parts.reduce((known, { see }) => see?.(actor, known) ?? known, informers),
});
