import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/random.ts';
import { SharedSets } from '../meta/apply/text.ts';
import type { Store } from '../store/index.ts';
import type { Admission } from './admission/admission.ts';
import { type AccountTokens, noTokens } from './auth/tokens/account-tokens.ts';

/** What every verb needs. */
export type ApiContext = {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  admission: Admission;
  tokens: AccountTokens;
  /** Lines of watch streams that were sent lately: a change is encoded once, however many watch it. */
  lines: Map<string, Buffer>;
  /** Sets of fields that many objects have in common. */
  fieldSets: SharedSets;
};

type Given = Omit<ApiContext, 'lines' | 'fieldSets' | 'tokens'> & { tokens?: AccountTokens };

export const createContext = (parts: Given): ApiContext => ({
  tokens: noTokens,
  ...parts,
  lines: new Map(),
  fieldSets: new SharedSets(),
});

export type WriteOptions = { dryRun?: boolean; fieldManager?: string; fieldValidation?: 'Strict' | 'Warn' | 'Ignore' };
