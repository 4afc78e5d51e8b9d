import { deepCopy, deepEqual } from '../../../../meta/copy.ts';
import { forbidden } from '../../../../meta/field-error.ts';
import type { Part } from '../../../define.ts';
import type { Pod } from '../../../generated/core-v1.ts';
import { podFaults } from '../whole.ts';

/** On pods that a file on their node stands for: neither part of them can be changed here. */
export const isMirror = ({ metadata }: Pod): boolean => metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;

/** `pods/ephemeralcontainers`: containers are added to a pod that is there; what was added stays as it is. */
export const ephemeralContainers: Part<Pod> = {
  name: 'ephemeralcontainers',
  keep(draft, was) {
    const asked = draft.spec.ephemeralContainers;
    draft.spec = deepCopy(was.spec);
    if (asked) draft.spec.ephemeralContainers = asked;
    else delete draft.spec.ephemeralContainers;
  },
  validate(it, was) {
    if (isMirror(was)) return [forbidden('', 'static pods do not support ephemeral containers')];
    const now = new Map((it.spec.ephemeralContainers ?? []).map((one) => [one.name, one]));
    const path = 'spec.ephemeralContainers';
    return [
      ...podFaults(it),
      ...(was.spec.ephemeralContainers ?? []).flatMap((one) => {
        const same = now.get(one.name);
        const name = JSON.stringify(one.name);
        if (!same) return [forbidden(path, `existing ephemeral containers ${name} may not be removed\n`)];
        return deepEqual(same, one) ? [] : [forbidden(path, `existing ephemeral containers ${name} may not be changed\n`)];
      }),
    ];
  },
};
