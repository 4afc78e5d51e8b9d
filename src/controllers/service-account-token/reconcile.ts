import { type core, secret, serviceAccount } from '../../kinds/index.ts';
import type { KubeObject } from '../../meta/types.ts';
import { type Controller, done } from '../run.ts';
import { accountName, accountUid, planToken, tokenType } from './plan.ts';

const accountOf = (it: KubeObject): string =>
  (it as core.Secret).type === tokenType ? (it.metadata.annotations?.[accountName] ?? '') : '';

/** Secrets that somebody makes to hold a token that never runs out: filled, and taken away with their account. */
export const serviceAccountTokens: Controller = {
  name: 'service-account-token',
  for: secret,
  also: [
    {
      kind: serviceAccount,
      keys: ({ metadata: { name, namespace = '' } }, { informers }) =>
        informers
          .of(secret)
          .inNamespace(namespace)
          .filter((it) => accountOf(it) === name)
          .map((it) => `${namespace}/${it.metadata.name}`),
    },
  ],
  async reconcile(key, { client, informers, config }) {
    const it = informers.of(secret).get(key);
    const name = it && accountOf(it);
    if (!it || !name || !config.signToken || it.metadata.deletionTimestamp) return done;
    const { namespace = '', uid } = it.metadata;
    const known = informers.of(serviceAccount).get(`${namespace}/${name}`);
    // The cache may not show yet what was made a moment before the secret.
    const account = known ?? (await client.get(serviceAccount, { namespace, name }));
    const plan = planToken(it, account, { rootCa: config.rootCa, sign: config.signToken });
    if (plan.act === 'remove') await client.delete(secret, { namespace, name: it.metadata.name }, { preconditions: { uid } });
    if (plan.act === 'fill') {
      await client.change(secret, it, (draft) => {
        draft.data = plan.data;
        draft.metadata.annotations = { ...draft.metadata.annotations, [accountUid]: plan.uid };
      });
    }
    return done;
  },
};
