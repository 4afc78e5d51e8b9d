import { node, pod, isPodReady } from '../../../src/kinds/index.ts';
import { seconds } from '../../../src/lib/clock.ts';
import type { World } from '../world.ts';
import type { Operation } from './family.ts';

/** What befalls machines, processes and containers: the same in every family. */
export const crashPod: Operation = {
  weight: 4,
  async run({ agents, draw }) {
    const life = draw.one([...agents.lives()]);
    if (!life) return undefined;
    agents.crash(life.pod.metadata.uid);
    return `a container of ${life.pod.metadata.name} ends`;
  },
};

export const loseNode: Operation = {
  weight: 1,
  async run({ agents, draw }) {
    // One machine at least stays, or nothing can be said of what controllers do.
    const candidates = [...agents.nodes].filter((it) => !agents.lost.has(it));
    if (candidates.length < 3) return undefined;
    const name = draw.one(candidates) as string;
    agents.lose(name);
    return `${name} is cut off`;
  },
};

export const returnNode: Operation = {
  weight: 2,
  async run({ agents, draw }) {
    const name = draw.one([...agents.lost]);
    if (name === undefined) return undefined;
    agents.comeBack(name);
    return `${name} is back`;
  },
};

export const cordon: Operation = {
  weight: 1,
  async run({ user, agents, draw }) {
    const name = draw.one([...agents.nodes]);
    if (name === undefined) return undefined;
    let said = '';
    await user.change(node, { name }, (draft) => {
      draft.spec = { ...draft.spec, unschedulable: !draft.spec?.unschedulable };
      said = draft.spec.unschedulable ? 'cordoned' : 'uncordoned';
    });
    return `${name} is ${said}`;
  },
};

/** For good, with its object: two stay. */
export const removeNode: Operation = {
  weight: 1,
  async run({ user, agents, draw }) {
    if (agents.nodes.size < 3) return undefined;
    const name = draw.one([...agents.nodes].filter((it) => !agents.joining.has(it)));
    if (name === undefined) return undefined;
    agents.destroy(name);
    await user.delete(node, { name });
    return `${name} is gone for good`;
  },
};

export const restart: Operation = {
  weight: 1,
  async run(world) {
    await restartPlane(world);
    return 'the control plane was restarted';
  },
};

export async function restartPlane({ plane, seen, clock, draw }: World): Promise<void> {
  plane.stop();
  seen.follow(undefined);
  await clock.advance(draw.whole(0, seconds(3)));
  const starting = plane.start();
  seen.follow(plane.informers);
  await starting;
}

/** Somebody deletes a pod, kindly or not. */
export const deletePod: Operation = {
  weight: 3,
  async run({ user, state, draw }) {
    const it = draw.one(state.list(pod).filter((one) => isPodReady(one)));
    if (!it) return undefined;
    await user.delete(pod, it.metadata, { preconditions: { uid: it.metadata.uid } });
    return `pod ${it.metadata.name} is deleted`;
  },
};

export const machines: Readonly<Record<string, Operation>> = { crashPod, loseNode, returnNode, cordon, restart, deletePod };

/** Every machine back and open. */
export async function mendMachines({ user, agents, state }: World): Promise<void> {
  for (const name of [...agents.lost]) agents.comeBack(name);
  for (const it of state.list(node)) {
    if (it.spec?.unschedulable)
      await user.change(node, it, (draft) => {
        draft.spec = { ...draft.spec, unschedulable: false };
      });
  }
}
