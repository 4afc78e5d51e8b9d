import { type AnyKind, clusterRole, clusterRoleBinding, type rbac, role, roleBinding } from '../../../kinds/index.ts';
import type { KubeObject } from '../../../meta/types.ts';
import type { Store } from '../../../store/index.ts';
import { decode, storeKey } from '../../codec.ts';
import type { User } from '../../request.ts';
import { isSubject } from './rules.ts';

/** Who holds which rules. What is bound to a role that is not there gives nothing. */
export type Roles = {
  /** Rules of a user everywhere, and in a namespace if one is given. */
  rulesOf(user: User, namespace: string | undefined): rbac.PolicyRule[];
  /** The rules behind a reference; undefined when there is no such role. */
  rulesBehind(ref: rbac.RoleRef, namespace: string | undefined): readonly rbac.PolicyRule[] | undefined;
};

/** Roles and bindings at hand, as the store has them: who is asked at every request cannot wait for it. */
export async function followRoles(store: Store): Promise<Roles & { stop(): void }> {
  const follow = async <T extends KubeObject>(kind: AnyKind): Promise<{ all: Map<string, T>; stop(): void }> => {
    const all = new Map<string, T>();
    const prefix = storeKey(kind);
    const { entries, revision } = await store.range(prefix);
    for (const it of entries) all.set(it.key, decode(it) as T);
    const stop = await store.watch(prefix, revision, (changes) => {
      for (const it of changes) {
        if (it.type === 'put') all.set(it.entry.key, decode(it.entry) as T);
        else all.delete(it.previous.key);
      }
    });
    return { all, stop };
  };
  const [roles, clusterRoles, bindings, clusterBindings] = await Promise.all([
    follow<rbac.Role>(role as AnyKind),
    follow<rbac.ClusterRole>(clusterRole as AnyKind),
    follow<rbac.RoleBinding>(roleBinding as AnyKind),
    follow<rbac.ClusterRoleBinding>(clusterRoleBinding as AnyKind),
  ]);
  return rolesFrom({
    role: (namespace, name) => roles.all.get(storeKey(role as AnyKind, namespace, name)),
    clusterRole: (name) => clusterRoles.all.get(storeKey(clusterRole as AnyKind, undefined, name)),
    bindings: () => bindings.all.values(),
    clusterBindings: () => clusterBindings.all.values(),
    stop: () => {
      for (const it of [roles, clusterRoles, bindings, clusterBindings]) it.stop();
    },
  });
}

type Found = {
  role(namespace: string, name: string): rbac.Role | undefined;
  clusterRole(name: string): rbac.ClusterRole | undefined;
  bindings(): Iterable<rbac.RoleBinding>;
  clusterBindings(): Iterable<rbac.ClusterRoleBinding>;
  stop(): void;
};

export function rolesFrom(found: Found): Roles & { stop(): void } {
  const rulesBehind: Roles['rulesBehind'] = ({ kind, name }, namespace) => {
    const it = kind === 'ClusterRole' ? found.clusterRole(name) : namespace === undefined ? undefined : found.role(namespace, name);
    return it && (it.rules ?? []);
  };
  return {
    rulesBehind,
    rulesOf(user, namespace) {
      const rules: rbac.PolicyRule[] = [];
      for (const it of found.clusterBindings())
        if (it.subjects?.some((one) => isSubject(user, one, undefined))) rules.push(...(rulesBehind(it.roleRef, undefined) ?? []));
      if (namespace === undefined) return rules;
      for (const it of found.bindings()) {
        if (it.metadata.namespace !== namespace || !it.subjects?.some((one) => isSubject(user, one, namespace))) continue;
        rules.push(...(rulesBehind(it.roleRef, namespace) ?? []));
      }
      return rules;
    },
    stop: found.stop,
  };
}

/** Of a server without roles: only administrators may do anything. */
export const noRoles: Roles = { rulesOf: () => [], rulesBehind: () => undefined };
