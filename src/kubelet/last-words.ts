import type { core } from '../kinds/index.ts';

type Status = core.ContainerStatus;

/** All messages of a pod's containers together are no longer than this, in bytes. */
const mostTogether = 12 * 1024;

/** Cuts what ended containers have to say down to each one's share (kubelet, status manager's normalizeStatus). */
export function cutMessages(statuses: readonly Status[]): Status[] {
  const share = Math.floor(mostTogether / Math.max(1, statuses.length));
  const cut = (state: core.ContainerState | undefined): core.ContainerState | undefined => {
    const message = state?.terminated?.message;
    if (!state?.terminated || message === undefined || Buffer.byteLength(message) <= share) return state;
    return { terminated: { ...state.terminated, message: Buffer.from(message).subarray(0, share).toString() } };
  };
  return statuses.map((it) => {
    const [state, lastState] = [cut(it.state), cut(it.lastState)];
    if (state === it.state && lastState === it.lastState) return it;
    return { ...it, ...(state && { state }), ...(lastState && { lastState }) };
  });
}

const unknown: core.ContainerState = {
  terminated: {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
  },
};

/**
 * Of a pod that is over every container has ended: what became of one that nobody has seen end is unknown. Init
 * containers that never had their turn stay as they are, and so do the others of a pod that was never initialized
 * (kubelet, status manager's TerminatePod).
 */
export function endUnseen(init: readonly Status[], apps: readonly Status[], initialized: boolean): { init: Status[]; apps: Status[] } {
  const ended = (it: Status): Status => (it.state?.terminated ? it : { ...it, state: unknown, ready: false, started: false });
  const reached = init.findLastIndex((it) => it.state?.terminated || it.state?.running);
  return {
    init: init.map((it, i) => (i <= Math.max(0, reached) ? ended(it) : it)),
    apps: initialized ? apps.map(ended) : [...apps],
  };
}

/** Whether the pod's own containers have had, or could have had, their turn. */
export function wasInitialized(init: readonly Status[], apps: readonly Status[]): boolean {
  if (init.length === 0 || apps.some((it) => it.lastState?.terminated || !it.state?.waiting)) return true;
  const last = init.at(-1);
  return [last?.state?.terminated, last?.lastState?.terminated].some((it) => it?.exitCode === 0);
}
