import type { core } from '../../kinds/index.ts';
import type { Refusal } from './refusal.ts';

/** Kernel settings that are a pod's own and disturb nobody else (kubelet, sysctl/safe_sysctls). */
const safe: readonly string[] = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
];

/** `kernel/shm_rmid_forced` as `kernel.shm_rmid_forced`; where the first separator is a slash, dots are part of names. */
export function dotted(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first === '/' ? name.replace(/[./]/g, (it) => (it === '/' ? '.' : '/')) : name;
}

/** The namespace of the kernel that a setting belongs to; undefined for those of the whole host (component-helpers, sysctl). */
export function namespaceOf(name: string): 'ipc' | 'net' | undefined {
  if (/^(kernel\.shm|kernel\.msg|fs\.mqueue\.)/.test(name) || name === 'kernel.sem') return 'ipc';
  return name.startsWith('net.') ? 'net' : undefined;
}

/** `allowed`: unsafe ones that this node permits, `*` at the end for all that begin so. */
export function sysctlRefusal({ spec }: core.Pod, allowed: readonly string[]): Refusal | undefined {
  for (const given of spec.securityContext?.sysctls ?? []) {
    const name = dotted(given.name);
    const listed = [...safe, ...allowed].some((it) => (it.endsWith('*') ? name.startsWith(it.slice(0, -1)) : name === dotted(it)));
    const space = namespaceOf(name);
    const shared = (space === 'ipc' && spec.hostIPC) || (space === 'net' && spec.hostNetwork);
    const why = !listed ? 'not allowlisted' : shared ? `not allowed with host ${space} enabled` : undefined;
    if (why) return { reason: 'SysctlForbidden', message: `forbidden sysctl: ${JSON.stringify(name)} ${why}` };
  }
  return undefined;
}
