import type { apps, Kind } from '../../../src/kinds/index.ts';
import type { KubeObject } from '../../../src/meta/types.ts';
import { templateOf } from '../objects.ts';
import type { World } from '../world.ts';
import type { Operation } from './family.ts';

/** What users do to workloads, whatever their kind. */

/** Changes one of a kind, if there is one; `what` says in words how, false when there was nothing to change. */
export async function changeOne<T extends KubeObject>(
  { user, state, draw }: World,
  kind: Kind<T>,
  what: (draft: T) => string | false,
): Promise<string | undefined> {
  const it = draw.one(state.list(kind));
  if (!it) return undefined;
  let said: string | false = false;
  await user.change(kind, it, (draft) => {
    said = what(draft);
    return said !== false;
  });
  return said === false ? undefined : `${it.metadata.name}: ${said}`;
}

type Replicated = apps.Deployment | apps.StatefulSet;

export const scale = <T extends Replicated>(kind: Kind<T>, most: number): Operation => ({
  weight: 5,
  run: (world) =>
    changeOne(world, kind, (draft) => {
      draft.spec.replicas = world.draw.whole(0, most);
      return `scaled to ${draft.spec.replicas}`;
    }),
});

export const rollOut = <T extends Replicated>(kind: Kind<T>, weight: number): Operation => ({
  weight,
  run: (world) =>
    changeOne(world, kind, (draft) => {
      const version = world.draw.whole(1, 4);
      draft.spec.template = templateOf(draft.metadata.name, version);
      return `rolls out version ${version}`;
    }),
});

/** Somebody deletes one, and waits for what belongs to it or not. */
export const remove = <T extends KubeObject>(kind: Kind<T>, title: string): Operation => ({
  weight: 1,
  async run({ user, state, draw }) {
    const it = draw.one(state.list(kind));
    if (!it) return undefined;
    const propagationPolicy = draw.one(['Foreground', 'Background'] as const) ?? 'Background';
    await user.delete(kind, it.metadata, { propagationPolicy });
    return `${title} ${it.metadata.name} is deleted, ${propagationPolicy}`;
  },
});
