import { apply } from './apply.ts';
import { del } from './delete.ts';
import { describe } from './describe.ts';
import { get } from './get.ts';
import { logs } from './logs.ts';
import { scale } from './scale.ts';
import type { Verb } from './verb.ts';

export { findVerb, firstWord, runVerb } from './run-verb.ts';

/** Verbs of kubectl's grammar, in the order that the help lists them. */
export const verbs: readonly Verb[] = [get, describe, logs, del, apply, scale];
