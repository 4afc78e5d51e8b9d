import { apiResources, apiVersions, clusterInfo, kustomize } from './api.ts';
import { apply } from './apply.ts';
import { attach } from './attach.ts';
import { auth } from './auth.ts';
import { autoscale } from './autoscale.ts';
import { completion } from './completion.ts';
import { config } from './config.ts';
import { cp } from './cp.ts';
import { create } from './create.ts';
import { del } from './delete.ts';
import { describe } from './describe.ts';
import { diff } from './diff.ts';
import { edit } from './edit.ts';
import { events } from './events.ts';
import { exec } from './exec.ts';
import { explain } from './explain.ts';
import { expose } from './expose.ts';
import { get } from './get.ts';
import { annotate, label } from './label.ts';
import { logs } from './logs.ts';
import { cordon, drain, uncordon } from './nodes.ts';
import { patch } from './patch.ts';
import { portForward } from './port-forward.ts';
import { replace } from './replace.ts';
import { rollout } from './rollout.ts';
import { run } from './run.ts';
import { scale } from './scale.ts';
import { set } from './set.ts';
import { swap } from './swap.ts';
import { top } from './top.ts';
import type { Verb } from './verb.ts';
import { wait } from './wait.ts';
import { why } from './why.ts';

export { section } from './help.ts';
export { completeLine } from './complete.ts';
export { findVerb, firstWord, runVerb } from './run-verb.ts';

/** Verbs of kubectl's grammar, in the order that the help lists them. */
export const verbs: readonly Verb[] = [
  ...[get, describe, why, events, logs, exec, attach, cp, portForward, swap, top],
  ...[create, run, expose, apply, diff, edit, replace, patch, del],
  ...[scale, autoscale, set, rollout, label, annotate, wait],
  ...[cordon, uncordon, drain, auth],
  ...[apiResources, apiVersions, clusterInfo, explain, config, kustomize, completion],
];
