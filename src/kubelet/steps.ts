/**
 * Every step of starting, resizing and stopping a pod that leaves something behind: on the engine, on disk, in memory or in
 * the API. The agent may be killed between any two; what it finds when it comes back must be enough to go on. Several
 * containers pass the same steps, and some steps are passed side by side.
 */
export const steps = [
  'volumes prepared',
  'address taken',
  'pod files written',
  'sandbox made',
  'sandbox started',
  'image present',
  'message file made',
  'container made',
  'container started',
  'postStart done',
  'resize granted',
  'container resized',
  'preStop done',
  'container stopped',
  'last status written',
  'container removed',
  'address released',
  'volumes removed',
  'pod files removed',
  'object deleted',
] as const;

export type Step = (typeof steps)[number];

export type OnStep = (uid: string, step: Step) => Promise<void>;

/** Tells tests that a step of a pod is done, and waits for them; nobody else listens. */
export const passed = async ({ onStep }: { onStep?: OnStep | undefined }, uid: string, step: Step): Promise<void> => onStep?.(uid, step);
