import type { AnyKind } from '../kinds/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/random.ts';
import { SharedSets } from '../meta/apply/text.ts';
import type { KubeObject } from '../meta/types.ts';
import type { Store } from '../store/index.ts';
import type { Admission } from './admission/admission.ts';
import { type Authorizer, createAuthorizer } from './auth/authorize.ts';
import { noRoles } from './auth/rbac/roles.ts';
import { type AccountTokens, noTokens } from './auth/tokens/account-tokens.ts';

/** What every verb needs. */
export type ApiContext = {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  admission: Admission;
  tokens: AccountTokens;
  authorizer: Authorizer;
  /** Lines of watch streams that were sent lately: a change is encoded once, however many watch it. */
  lines: Map<string, Buffer>;
  /** Sets of fields that many objects have in common. */
  fieldSets: SharedSets;
};

type Given = Omit<ApiContext, 'lines' | 'fieldSets' | 'tokens' | 'authorizer'> & { tokens?: AccountTokens; authorizer?: Authorizer };

export const createContext = (parts: Given): ApiContext => ({
  tokens: noTokens,
  authorizer: createAuthorizer(noRoles),
  ...parts,
  lines: new Map(),
  fieldSets: new SharedSets(),
});

export type WriteOptions = {
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** Asked of what is about to be stored: fails where whoever writes may not. */
  approve?: (kind: AnyKind, object: KubeObject, was?: KubeObject) => void;
};
