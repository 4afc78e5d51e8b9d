import type { core } from '../../kinds/index.ts';
import { parseLabelSelector } from '../../meta/parse-label-selector.ts';
import { isReason } from '../../meta/status-error.ts';
import { CommandError, messageOf } from '../command.ts';
import { ExitWith, throwAll } from '../faults.ts';
import { duration, number, onOff, text } from '../grammar/flags.ts';
import { type AnyObject, deleteObject, listObjects, patchObject, placeOf, type Resource, resourceNamed } from '../resources/index.ts';
import { type DryRun, dryRunNote, dryRunOf } from './dry-run.ts';
import { dryRunFlag } from './flag-sets.ts';
import { type Selected, select } from './selection.ts';
import { type VerbContext, verb } from './verb.ts';
import { waitUntilGone } from './wait-gone.ts';

const markFlags = { ...dryRunFlag, selector: text('Label selector of nodes', { short: 'l' }) } as const;

async function nodesMeant(context: VerbContext<typeof markFlags>, name: string): Promise<{ found: Selected[]; faults: unknown[] }> {
  const { args, flags: given } = context;
  if (args.length === 0 && given.selector === undefined)
    throw new CommandError(`USAGE: ${name} NODE [flags]\nSee 'peapod ${name} -h' for help and examples`);
  if (args.length > 0 && given.selector !== undefined)
    throw new CommandError(`cannot specify both a node name and a --selector option\nSee 'peapod ${name} -h' for help and examples`);
  const words = args.map((it) => (it.includes('/') ? it : `node/${it}`));
  return select({ ...context, args: given.selector === undefined ? words : ['nodes'] }, given);
}

async function mark(context: VerbContext<typeof markFlags>, it: Selected, unschedulable: boolean, dryRun: DryRun): Promise<void> {
  const { io } = context;
  const word = unschedulable ? 'cordoned' : 'uncordoned';
  const node = it.object as unknown as core.Node;
  if ((node.spec?.unschedulable === true) === unschedulable) {
    io.print(`node/${it.name} already ${word}${dryRunNote(dryRun)}`);
    return;
  }
  const body = { spec: { unschedulable: unschedulable ? true : null } };
  if (dryRun !== 'client') await patchObject(context.session().requests, it, 'strategic', body, { dryRun: dryRun === 'server' });
  io.print(`node/${it.name} ${word}${dryRunNote(dryRun)}`);
}

const marking = (name: string, summary: string, unschedulable: boolean) =>
  verb({
    name,
    summary,
    usage: 'NODE',
    completes: 'nodes',
    flags: markFlags,
    async run(context) {
      const dryRun = dryRunOf(context.flags.dryRun);
      const { found, faults } = await nodesMeant(context, name);
      throwAll(faults);
      for (const it of found) {
        try {
          await mark(context, it, unschedulable, dryRun);
        } catch (error) {
          faults.push(error);
        }
      }
      throwAll(faults);
      return 0;
    },
  });

export const cordon = marking('cordon', 'Let no new pods onto a node', true);
export const uncordon = marking('uncordon', 'Let new pods onto a node again', false);

const drainFlags = {
  ...markFlags,
  force: onOff('Also pods that nobody will replace'),
  ignoreDaemonsets: onOff('Leave pods of daemon sets'),
  deleteEmptydirData: onOff('Also pods with local data, which is lost'),
  gracePeriod: number("Seconds given to end in an orderly way; negative is the pod's own"),
  timeout: duration('How long to wait; 0 is without end'),
  podSelector: text('Only these pods'),
  disableEviction: onOff('Delete without asking whether that may be'),
  skipWaitForDeleteTimeout: number('Do not wait for pods that are going for this many seconds'),
  chunkSize: number('Taken and ignored', { hidden: true }),
} as const;
type DrainContext = VerbContext<typeof drainFlags>;

export const drain = verb({
  name: 'drain',
  summary: 'Empty a node before it is worked on',
  usage: 'NODE',
  completes: 'nodes',
  flags: drainFlags,
  async run(context) {
    const { io } = context;
    const dryRun = dryRunOf(context.flags.dryRun);
    checkSelector(context.flags.podSelector);
    const { found, faults } = await nodesMeant(context, 'drain');
    throwAll(faults);
    for (const it of found) await mark(context, it, true, dryRun);
    const pending: string[] = [];
    let fault: unknown;
    for (const it of found) {
      try {
        await empty(context, it.name, dryRun);
        io.print(`node/${it.name} drained${dryRunNote(dryRun)}`);
      } catch (error) {
        io.tell(`error: unable to drain node ${JSON.stringify(it.name)} due to error: ${messageOf(error)}, continuing command...`);
        pending.push(it.name);
        fault = error;
      }
    }
    if (pending.length === 0) return 0;
    io.tell(`There are pending nodes to be drained:\n${pending.map((it) => ` ${it}`).join('\n')}\n${messageOf(fault)}`);
    throw new ExitWith(1);
  },
});

function checkSelector(selector: string | undefined): void {
  try {
    parseLabelSelector(selector ?? '');
  } catch (cause) {
    throw new CommandError('--pod-selector=<pod_selector> must be a valid label selector', { cause });
  }
}

const controllerOf = (pod: core.Pod) => pod.metadata.ownerReferences?.find((it) => it.controller);
const hasEnded = (pod: core.Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

async function empty(context: DrainContext, node: string, dryRun: DryRun): Promise<void> {
  const { flags: given, io } = context;
  const session = context.session();
  const resource = resourceNamed(await session.served(), 'pods');
  const { items } = await listObjects(session.requests, resource, undefined, {
    fieldSelector: `spec.nodeName=${node}`,
    labelSelector: given.podSelector,
  });
  const pods = (items as unknown as core.Pod[]).filter((it) => it.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined);
  const placeName = (it: core.Pod): string => `${it.metadata.namespace}/${it.metadata.name}`;
  const daemons = pods.filter((it) => controllerOf(it)?.kind === 'DaemonSet' && !hasEnded(it));
  const going = pods.filter((it) => !daemons.includes(it));
  const local = going.filter((it) => !hasEnded(it) && it.spec.volumes?.some((volume) => volume.emptyDir));
  const alone = going.filter((it) => !hasEnded(it) && !controllerOf(it));
  const refusals = [
    ...(!given.deleteEmptydirData && local.length > 0
      ? [`cannot delete Pods with local storage (use --delete-emptydir-data to override): ${local.map(placeName).join(', ')}`]
      : []),
    ...(!given.force && alone.filter((it) => given.deleteEmptydirData || !local.includes(it)).length > 0
      ? [
          `cannot delete Pods that declare no controller (use --force to override): ${alone
            .filter((it) => given.deleteEmptydirData || !local.includes(it))
            .map(placeName)
            .join(', ')}`,
        ]
      : []),
    ...(!given.ignoreDaemonsets && daemons.length > 0
      ? [`cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): ${daemons.map(placeName).join(', ')}`]
      : []),
  ];
  if (refusals.length > 0) throw new CommandError(refusals.length === 1 ? (refusals[0] as string) : `[${refusals.join(', ')}]`);
  const warnings = [
    ...(alone.length > 0 ? [`deleting Pods that declare no controller: ${alone.map(placeName).join(', ')}`] : []),
    ...(daemons.length > 0 ? [`ignoring DaemonSet-managed Pods: ${daemons.map(placeName).join(', ')}`] : []),
  ];
  if (warnings.length > 0) io.tell(`Warning: ${warnings.join('; ')}`);
  for (const pod of going) {
    io.print(`evicting pod ${placeName(pod)}${dryRunNote(dryRun)}`);
    if (dryRun !== 'client') await evict(context, resource, pod, dryRun === 'server');
  }
  if (dryRun !== 'none') return;
  const targets = going.map((pod) => ({ resource, namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid }));
  await waitUntilGone(session, targets, given.timeout);
  for (const pod of going) io.print(`pod/${pod.metadata.name} evicted`);
}

async function evict(context: DrainContext, resource: Resource, pod: core.Pod, dryRun: boolean): Promise<void> {
  const { flags: given, io } = context;
  const session = context.session();
  const target = { resource, namespace: pod.metadata.namespace, name: pod.metadata.name };
  const gracePeriodSeconds = given.gracePeriod !== undefined && given.gracePeriod >= 0 ? given.gracePeriod : undefined;
  const ended = given.timeout ? AbortSignal.timeout(given.timeout) : undefined;
  for (;;) {
    try {
      if (given.disableEviction) await deleteObject(session.requests, target, { gracePeriodSeconds, dryRun });
      else {
        const { name, namespace } = pod.metadata;
        const deleteOptions = { ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }), ...(dryRun && { dryRun: ['All'] }) };
        const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions };
        await session.requests.json<AnyObject>({ method: 'POST', path: placeOf(target, 'eviction'), body });
      }
      return;
    } catch (error) {
      if (isReason(error, 'NotFound')) return;
      // A budget does not allow it yet.
      if (!isReason(error, 'TooManyRequests') || ended?.aborted) throw error;
      io.tell(
        `error when evicting pods/${JSON.stringify(pod.metadata.name)} -n ${JSON.stringify(pod.metadata.namespace)} (will retry after 5s): ${messageOf(error)}`,
      );
      await new Promise((resolve) => io.clock.schedule(5_000, () => resolve(undefined)));
    }
  }
}
