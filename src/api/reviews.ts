import type { AnyKind, authentication, authorization } from '../kinds/index.ts';
import { required, toCause } from '../meta/field-error.ts';
import { badRequest, invalid } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import { type Attempt, type Authorizer, isMaster } from './auth/authorize.ts';
import { type AccountTokens, TokenRefused } from './auth/tokens/account-tokens.ts';
import type { ApiContext } from './context.ts';
import type { User } from './request.ts';

type Access = authorization.SubjectAccessReviewSpec;

/** The review with its answer as status. Nothing is stored: a review is a question. */
export async function answerReview(kind: AnyKind, review: KubeObject, user: User, { tokens, authorizer }: ApiContext): Promise<KubeObject> {
  const asked = review as KubeObject & { spec?: unknown };
  switch (kind.kind) {
    case 'SelfSubjectReview':
      return { ...asked, status: { userInfo: userInfo(user) } } as KubeObject;
    case 'SelfSubjectAccessReview':
      return { ...asked, status: verdict(kind, asked.spec as Access | undefined, user, authorizer) } as KubeObject;
    case 'SubjectAccessReview':
    case 'LocalSubjectAccessReview': {
      const spec = (asked.spec ?? {}) as Access;
      if (!spec.user && !spec.groups?.length) refuse(kind, 'spec.user', 'at least one of user or group must be specified');
      return { ...asked, status: verdict(kind, spec, { name: spec.user ?? '', groups: spec.groups ?? [] }, authorizer) } as KubeObject;
    }
    case 'SelfSubjectRulesReview':
      return { ...asked, status: rulesOf(user, (asked.spec as { namespace?: string } | undefined)?.namespace, authorizer) } as KubeObject;
    default:
      return { ...asked, status: await tokenStatus((asked.spec ?? {}) as authentication.TokenReviewSpec, tokens) } as KubeObject;
  }
}

const userInfo = (user: User): authentication.UserInfo => ({
  username: user.name,
  ...(user.uid && { uid: user.uid }),
  groups: [...user.groups],
  ...(user.extra && { extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) }),
});

/** Whose a token is, for those who are asked with it: webhooks, proxies, aggregated servers. */
async function tokenStatus(spec: authentication.TokenReviewSpec, tokens: AccountTokens): Promise<authentication.TokenReviewStatus> {
  if (!spec.token) throw badRequest('token is required for TokenReview in authentication');
  try {
    const found = await tokens.check(spec.token, spec.audiences?.length ? spec.audiences : undefined);
    if (found) return { authenticated: true, user: userInfo(found.user), audiences: [...found.audiences] };
    return { user: {}, error: 'invalid bearer token' };
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    return { user: {}, error: `[invalid bearer token, ${error.message}]` };
  }
}

function refuse(kind: AnyKind, field: string, why: string): never {
  throw invalid(kind, '', [toCause(required(field, why))]);
}

function verdict(kind: AnyKind, spec: Access | undefined, user: User, authorizer: Authorizer): authorization.SubjectAccessReviewStatus {
  const { resourceAttributes: resource, nonResourceAttributes: plain } = spec ?? {};
  if ((resource === undefined) === (plain === undefined))
    refuse(kind, 'spec.resourceAttributes', 'exactly one of nonResourceAttributes or resourceAttributes must be specified');
  const attempt: Attempt = plain
    ? { verb: plain.verb ?? '', path: plain.path ?? '' }
    : {
        ...{ verb: resource?.verb ?? '', group: resource?.group ?? '', plural: resource?.resource ?? '' },
        ...(resource?.subresource && { subresource: resource.subresource }),
        ...(resource?.namespace && { namespace: resource.namespace }),
        ...(resource?.name && { name: resource.name }),
      };
  return { allowed: authorizer.isAllowed(user, attempt) };
}

function rulesOf(user: User, namespace: string | undefined, authorizer: Authorizer): authorization.SubjectRulesReviewStatus {
  const all = ['*'];
  if (isMaster(user)) {
    return {
      resourceRules: [{ verbs: all, apiGroups: all, resources: all }],
      nonResourceRules: [{ verbs: all, nonResourceURLs: all }],
      incomplete: false,
    };
  }
  const rules = authorizer.rulesOf(user, namespace);
  return {
    resourceRules: rules.flatMap(({ verbs, apiGroups, resources, resourceNames }) =>
      resources?.length ? [{ verbs, apiGroups: apiGroups ?? [], resources, ...(resourceNames?.length && { resourceNames }) }] : [],
    ),
    nonResourceRules: rules.flatMap(({ verbs, nonResourceURLs }) => (nonResourceURLs?.length ? [{ verbs, nonResourceURLs }] : [])),
    incomplete: false,
  };
}
