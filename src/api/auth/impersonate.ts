import type { IncomingHttpHeaders } from 'node:http';
import { badRequest } from '../../meta/status-error.ts';
import type { User } from '../request.ts';
import type { Authorizer } from './authorize.ts';
import { accountGroups, accountIn } from './tokens/claims.ts';

/**
 * Who a request is made as: whoever may, can ask to be taken for somebody else (kubectl --as). Fails with Forbidden for
 * who may not, and with BadRequest for groups without a user.
 */
export function impersonate(user: User, headers: IncomingHttpHeaders, authorizer: Pick<Authorizer, 'check'>): User {
  const [name] = [headers['impersonate-user'] ?? []].flat();
  // Headers of one name come joined by commas, which no group may hold.
  const groups = [headers['impersonate-group'] ?? []].flat().flatMap((it) => it.split(/,\s*/));
  if (name === undefined) {
    if (groups.length > 0) throw badRequest(`requested ${JSON.stringify(groups)} without impersonating a user`);
    return user;
  }
  const account = accountIn(name);
  const who = account ? { plural: 'serviceaccounts', ...account } : { plural: 'users', name };
  const wanted = [who, ...groups.map((it) => ({ plural: 'groups', name: it }))];
  for (const it of wanted) authorizer.check(user, { verb: 'impersonate', group: '', ...it });
  const known = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  // An account is in its groups without being put there.
  const own = account && groups.length === 0 ? accountGroups(account.namespace) : groups;
  return { name, groups: [...new Set([...own, known])] };
}
