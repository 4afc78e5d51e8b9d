import { duplicate, type FieldError, invalidValue, required } from '../../../meta/field-error.ts';
import type { PodSpec } from '../../generated/core-v1.ts';

const form = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const rule = 'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
/** Names that belong to the IPC namespace, as does what begins with `fs.mqueue.`; `net.` is the network's. */
const ofIpc: readonly string[] = [
  ...['kernel.sem', 'kernel.shm', 'kernel.shmall', 'kernel.shmmax', 'kernel.shmmni', 'kernel.shm_rmid_forced'],
  ...['kernel.msg', 'kernel.msgmax', 'kernel.msgmnb', 'kernel.msgmni'],
];

/** Slashes stand for dots when a slash comes first. */
const dotted = (name: string): string => {
  const first = /[./]/.exec(name)?.[0];
  return first === '/' ? name.replace(/[./]/g, (it) => (it === '/' ? '.' : '/')) : name;
};

/** Kernel settings of a pod: names as the kernel writes them, each once, none of a namespace that is the host's. */
export function sysctlFaults({ securityContext, hostNetwork, hostIPC }: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  return (securityContext?.sysctls ?? []).flatMap(({ name = '' }, i) => {
    const at = `${path}[${i}].name`;
    const faults: FieldError[] = [];
    if (!name) faults.push(required(at));
    else if (name.length > 253 || !form.test(name)) faults.push(invalidValue(at, name, rule));
    else if (seen.has(name)) faults.push(duplicate(at, name));
    seen.add(name);
    const plain = dotted(name);
    if (hostNetwork && plain.startsWith('net.')) faults.push(invalidValue(at, name, "may not be specified when 'hostNetwork' is true"));
    if (hostIPC && (ofIpc.includes(plain) || plain.startsWith('fs.mqueue.')))
      faults.push(invalidValue(at, name, "may not be specified when 'hostIPC' is true"));
    return faults;
  });
}
