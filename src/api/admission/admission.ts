import type { AnyKind } from '../../kinds/index.ts';
import type { KubeObject } from '../../meta/types.ts';

/** What a write must pass besides its kind's own rules: steps that look at other objects. A step that objects throws a StatusError. */
export type AdmissionStep = {
  name: string;
  /** May change the draft. */
  create?: (kind: AnyKind, draft: KubeObject) => Promise<void> | void;
  /** `route`: which part of the object is changed, by a route of its own. */
  update?: (kind: AnyKind, draft: KubeObject, was: KubeObject, route?: string) => Promise<void> | void;
  delete?: (kind: AnyKind, was: KubeObject) => Promise<void> | void;
  /** Takes something scarce for the draft (an address, a port); the returned function is called when the write has ended, either way. */
  reserve?: (kind: AnyKind, draft: KubeObject, was: KubeObject | undefined) => (() => void) | undefined;
};

export type Admission = {
  create(kind: AnyKind, draft: KubeObject): Promise<void>;
  update(kind: AnyKind, draft: KubeObject, was: KubeObject, route?: string): Promise<void>;
  delete(kind: AnyKind, was: KubeObject): Promise<void>;
  reserve(kind: AnyKind, draft: KubeObject, was: KubeObject | undefined): Promise<() => void>;
};

/** The steps in the order given; the list is the order. */
export function admissionOf(steps: readonly AdmissionStep[]): Admission {
  return {
    async create(kind, draft) {
      for (const step of steps) await step.create?.(kind, draft);
    },
    async update(kind, draft, was, route) {
      for (const step of steps) await step.update?.(kind, draft, was, route);
    },
    async delete(kind, was) {
      for (const step of steps) await step.delete?.(kind, was);
    },
    async reserve(kind, draft, was) {
      const undo: Array<() => void> = [];
      const release = (): void => {
        for (const one of undo) one();
      };
      try {
        for (const step of steps) {
          const one = step.reserve?.(kind, draft, was);
          if (one) undo.push(one);
        }
      } catch (error) {
        release();
        throw error;
      }
      return release;
    },
  };
}
