import type { apps } from '../../kinds/index.ts';
import { toTime } from '../../lib/clock.ts';
import { CommandError } from '../command.ts';
import { throwAll } from '../faults.ts';
import { duration, number, onOff } from '../grammar/flags.ts';
import { outputOf, renderObject } from '../printers/index.ts';
import { type AnyObject, objectName, patchObject, pathOf, qualified } from '../resources/index.ts';
import { namesFiles } from '../resources/read-files.ts';
import { outputFor, tellChanged } from './changed.ts';
import { dryRunOf } from './dry-run.ts';
import { dryRunFlag, fileFlags, managerFlag, outputFlags, selectorFlags } from './flag-sets.ts';
import { historyOf, revisionNumbered, revisionsOf, templateText } from './rollout-history.ts';
import { daemonSetStatus, statefulSetStatus, statusOf } from './rollout-status.ts';
import { undo as goBack } from './rollout-undo.ts';
import { type Selected, select, selectLists } from './selection.ts';
import { meantBy } from '../resources/index.ts';
import { type VerbContext, verb } from './verb.ts';
import type { FlagSpecs } from '../grammar/flags.ts';

const common = { ...fileFlags, ...outputFlags, ...managerFlag, ...dryRunFlag, selector: selectorFlags.selector } as const;
type Context = VerbContext<typeof common>;

/** The deployments that are meant; kinds that have no rollouts are refused with `refusal`. */
async function workloads(
  context: Context,
  refusal: (it: Selected) => string,
  kinds: readonly string[] = ['deployments'],
): Promise<{ found: Selected[]; faults: unknown[] }> {
  if (context.args.length === 0 && !namesFiles(context.flags)) throw new CommandError('required resource not specified');
  const session = context.session();
  const meant = namesFiles(context.flags) ? undefined : meantBy(context.args, await session.served());
  // A kind alone means all of it.
  const chosen =
    meant?.by === 'type' ? { found: await selectLists(session, meant, context.flags), faults: [] } : await select(context, context.flags);
  for (const it of chosen.found) if (!kinds.includes(it.resource.plural)) throw new CommandError(refusal(it));
  return chosen;
}

/** Kinds that kubectl knows to have pods. */
const withPods = ['Pod', 'ReplicationController', 'ReplicaSet', 'Job', 'CronJob'];

const withoutRevisions = ({ resource: { kind, group } }: Selected, what: string, who: string): string =>
  withPods.includes(kind)
    ? `no ${who} has been implemented for ${JSON.stringify(kind)}`
    : `error retrieving ${what} for ${JSON.stringify(kind)}, no visitor method exists for {${group} ${kind}}`;

/** Kinds whose pods are replaced one after the other. */
const rolled = ['deployments', 'daemonsets', 'statefulsets'];

const paused = (it: Selected): boolean => (it.object?.spec as apps.DeploymentSpec | undefined)?.paused === true;

type Step = { did: string; refusal: (it: Selected) => string | undefined; patch: (now: number) => object };

async function change(context: Context, name: string, { did, refusal, patch }: Step): Promise<number> {
  const { io, flags: given } = context;
  const output = outputFor(outputOf(given.output, { withTables: false }));
  const { found, faults } = await workloads(
    context,
    (it) =>
      `${qualified(it.resource)} ${JSON.stringify(it.name)} ${name === 'restarter' ? 'restarting is not supported' : `${name} is not supported`}`,
    name === 'restarter' ? rolled : undefined,
  );
  for (const it of found) {
    try {
      const why = refusal(it);
      if (why) throw new CommandError(`${qualified(it.resource)} ${JSON.stringify(it.name)} ${why}`);
      const after = await patchObject(context.session().requests, it, 'strategic', patch(io.clock.now()), {
        fieldManager: given.fieldManager ?? 'kubectl-rollout',
      });
      tellChanged(io, it.resource, after, did, { output, dryRun: 'none' });
    } catch (error) {
      faults.push(error);
    }
  }
  throwAll(faults);
  return 0;
}

const simple = (name: string, summary: string, what: string, step: Step) =>
  verb({
    name,
    summary,
    usage: 'RESOURCE',
    completes: 'resources',
    flags: common as FlagSpecs,
    run: (context) => change(context as unknown as Context, what, step),
  });

const pause = simple('pause', 'Do not roll out changes for now', 'pausing', {
  did: 'paused',
  refusal: (it) => (paused(it) ? 'is already paused' : undefined),
  patch: () => ({ spec: { paused: true } }),
});
const resume = simple('resume', 'Roll out changes again', 'resuming', {
  did: 'resumed',
  refusal: (it) => (paused(it) ? undefined : 'is not paused'),
  patch: () => ({ spec: { paused: null } }),
});
const restart = simple('restart', 'Replace all pods by new ones', 'restarter', {
  did: 'restarted',
  refusal: (it) => (paused(it) ? "can't restart paused deployment (run rollout resume first)" : undefined),
  patch: (now) => ({ spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': toTime(now) } } } } }),
});

const status = verb({
  name: 'status',
  summary: 'Wait until a rollout is done',
  usage: '(TYPE NAME | TYPE/NAME)',
  completes: 'resources',
  flags: {
    ...common,
    watch: onOff('Wait until it is done (default true)', { short: 'w' }),
    timeout: duration('How long to wait; 0 is without end'),
    revision: number('Fail when another revision is rolled out meanwhile'),
  },
  async run(context) {
    const { flags: given, io } = context;
    const { found, faults } = await workloads(
      context,
      (it) => `no status viewer has been implemented for ${it.resource.kind}${it.resource.group ? `.${it.resource.group}` : ''}`,
      rolled,
    );
    throwAll(faults);
    for (const it of found) await followOne(context, it, given, (text) => io.print(text));
    return 0;
  },
});

function progressOf({ resource }: Selected, object: AnyObject, revision: number): ReturnType<typeof statusOf> {
  if (resource.plural === 'daemonsets') return daemonSetStatus(object as unknown as apps.DaemonSet);
  if (resource.plural === 'statefulsets') return statefulSetStatus(object as unknown as apps.StatefulSet);
  return statusOf(object as unknown as apps.Deployment, revision);
}

async function followOne(
  context: VerbContext,
  it: Selected,
  given: { watch?: boolean | undefined; timeout?: number | undefined; revision?: number | undefined },
  print: (text: string) => void,
): Promise<void> {
  const session = context.session();
  const ended = AbortSignal.timeout(given.timeout ? given.timeout : 0x7fffffff);
  const show = (object: AnyObject): boolean => {
    const { text, done, fault } = progressOf(it, object, given.revision ?? 0);
    if (fault) throw new CommandError(fault);
    print(text);
    return done;
  };
  let last = it.object as AnyObject;
  if (show(last) || given.watch === false) return;
  while (!ended.aborted) {
    const query = { watch: true, fieldSelector: `metadata.name=${it.name}`, resourceVersion: last.metadata.resourceVersion };
    for await (const { type, object } of session.requests.watch<AnyObject>({
      path: pathOf(it.resource, it.namespace),
      query,
      signal: ended,
    })) {
      if (type === 'DELETED') throw new CommandError('object has been deleted');
      if (type === 'BOOKMARK') continue;
      last = object;
      if (show(object)) return;
    }
  }
  throw new CommandError('timed out waiting for the condition');
}

const history = verb({
  name: 'history',
  summary: 'Show the revisions of a rollout',
  usage: '(TYPE NAME | TYPE/NAME) [flags]',
  completes: 'resources',
  flags: { ...common, revision: number('Show this revision in detail') },
  async run(context) {
    const { flags: given, io } = context;
    const revision = given.revision ?? 0;
    if (revision < 0) throw new CommandError(`revision must be a positive integer: ${revision}`);
    const output = outputFor(outputOf(given.output, { withTables: false }));
    const { found, faults } = await workloads(context, (it) => withoutRevisions(it, 'history', 'history viewer'), rolled);
    for (const it of found) {
      try {
        const revisions = await revisionsOf(context.session(), it);
        const chosen = revision > 0 && (output || revisions.length > 0) ? revisionNumbered(revisions, revision) : undefined;
        if (output) for (const { shown } of chosen ? [chosen] : revisions) io.write(renderObject(output, shown));
        else {
          io.print(`${objectName(it.resource, it.name)} ${revision > 0 ? `with revision #${revision}` : ''}`);
          io.print(chosen ? templateText(chosen.template) : historyOf(revisions));
        }
      } catch (error) {
        faults.push(error);
      }
    }
    throwAll(faults);
    return 0;
  },
});

const undo = verb({
  name: 'undo',
  summary: 'Go back to an earlier revision',
  usage: '(TYPE NAME | TYPE/NAME) [flags]',
  completes: 'resources',
  flags: { ...common, toRevision: number('Go back to this one; 0 is the one before') },
  async run(context) {
    const { flags: given, io } = context;
    const dryRun = dryRunOf(given.dryRun);
    const output = outputFor(outputOf(given.output, { withTables: false }));
    const { found, faults } = await workloads(context, (it) => withoutRevisions(it, 'rollbacker', 'rollbacker'), rolled);
    for (const it of found) {
      try {
        const did = await goBack(context.session(), it, given.toRevision ?? 0, dryRun);
        tellChanged(io, it.resource, it.object as AnyObject, did, { output, dryRun });
      } catch (error) {
        faults.push(error);
      }
    }
    throwAll(faults);
    return 0;
  },
});

export const rollout = verb({
  name: 'rollout',
  summary: 'Follow, stop, repeat or undo the rollout of a deployment, daemon set or stateful set',
  usage: 'SUBCOMMAND',
  flags: {},
  children: [history, pause, restart, resume, status, undo],
});
