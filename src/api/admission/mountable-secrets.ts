import type { core } from '../../kinds/index.ts';

const annotation = 'kubernetes.io/enforce-mountable-secrets';
/** What Go's ParseBool takes for true. */
const yes = ['1', 't', 'T', 'true', 'TRUE', 'True'];

const isLimited = ({ metadata }: core.ServiceAccount): boolean => yes.includes(metadata.annotations?.[annotation] ?? '');

type Container = Pick<core.Container, 'name' | 'env' | 'envFrom'>;

/** Why a pod may not name a secret that its account does not (limitSecretReferences); undefined when all is well. */
export function secretRefusal(account: core.ServiceAccount, { spec }: core.Pod): string | undefined {
  if (!isLimited(account)) return undefined;
  const { name } = account.metadata;
  const allowed = mountable(account);
  for (const { secret } of spec.volumes ?? []) {
    if (secret && !allowed.has(secret.secretName)) return notAllowed(`volume with secret.secretName="${secret.secretName ?? ''}"`, name);
  }
  const refused = envRefusal('init container', spec.initContainers, account) ?? envRefusal('container', spec.containers, account);
  if (refused) return refused;
  const logins = new Set((account.imagePullSecrets ?? []).map((it) => it.name));
  const at = (spec.imagePullSecrets ?? []).findIndex((it) => !logins.has(it.name));
  if (at < 0) return undefined;
  return `imagePullSecrets[${at}].name="${spec.imagePullSecrets?.[at]?.name ?? ''}" is not allowed because service account ${name} does not reference that imagePullSecret`;
}

/** The same for what is added to a pod later. */
export const ephemeralRefusal = (account: core.ServiceAccount, { spec }: core.Pod): string | undefined =>
  isLimited(account) ? envRefusal('ephemeral container', spec.ephemeralContainers, account) : undefined;

function envRefusal(what: string, containers: readonly Container[] = [], account: core.ServiceAccount): string | undefined {
  const allowed = mountable(account);
  for (const { name, env = [], envFrom = [] } of containers) {
    const variable = env.find((it) => it.valueFrom?.secretKeyRef && !allowed.has(it.valueFrom.secretKeyRef.name));
    if (variable)
      return notAllowed(
        `${what} ${name} with envVar ${variable.name} referencing secret.secretName="${variable.valueFrom?.secretKeyRef?.name ?? ''}"`,
        account.metadata.name,
      );
    const source = envFrom.find((it) => it.secretRef && !allowed.has(it.secretRef.name));
    if (source)
      return notAllowed(
        `${what} ${name} with envFrom referencing secret.secretName="${source.secretRef?.name ?? ''}"`,
        account.metadata.name,
      );
  }
  return undefined;
}

const mountable = ({ secrets = [] }: core.ServiceAccount): ReadonlySet<string | undefined> => new Set(secrets.map((it) => it.name));

const notAllowed = (what: string, account: string): string =>
  `${what} is not allowed because service account ${account} does not reference that secret`;
