import { type AnyKind, type batch, type core, cronJob, isPodFinished, job, pod, readIndexes, totalOf } from '../../../src/kinds/index.ts';
import { isTrue } from '../../../src/meta/condition.ts';
import { controllerOf, isDeleting, keyOf } from '../../../src/meta/owner.ts';
import { isActive } from '../state.ts';
import type { World } from '../world.ts';
import { type Invariant, nameOf } from './invariant.ts';

const tracking = 'batch.kubernetes.io/job-tracking';
const isTracked = (it: core.Pod): boolean => it.metadata.finalizers?.includes(tracking) === true;
const isIndexed = ({ spec }: batch.Job): boolean => spec.completionMode === 'Indexed';
const isOver = ({ status }: batch.Job): boolean => isTrue(status?.conditions, 'Complete') || isTrue(status?.conditions, 'Failed');
const indexOf = (it: core.Pod): string => it.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? '';

function jobOf(it: core.Pod, { state }: World): batch.Job | undefined {
  const owner = controllerOf(it);
  const found = owner?.kind === 'Job' ? state.get(job, `${it.metadata.namespace}/${owner.name}`) : undefined;
  return found?.metadata.uid === owner?.uid ? found : undefined;
}

/**
 * Where each index has a limit of its own, its last failure stays until the next try, which takes over how often it failed;
 * and none comes while the job may not run any (upstream: canRemoveFinalizer, getPodsWithDelayedDeletionPerIndex).
 */
export function isHeld(it: core.Pod, world: World): boolean {
  const owner = jobOf(it, world);
  if (!isTracked(it) || !owner || isDeleting(owner) || isOver(owner)) return false;
  const { backoffLimitPerIndex, suspend, parallelism } = owner.spec;
  return backoffLimitPerIndex !== undefined && (suspend === true || parallelism === 0);
}

/** What became of each pod a job ever had, by the job's uid: kept while the pod waits to be counted. */
type Ends = { succeeded: Set<string>; failed: Set<string>; indexes: Set<string>; released: Set<string> };

/** A tracker of its own for every run. */
function endsOf(): { note: (now: core.Pod | undefined, was: core.Pod | undefined, world: World) => void; of: (uid: string) => Ends } {
  const all = new Map<string, Ends>();
  const of = (uid: string): Ends => {
    const ends = all.get(uid) ?? { succeeded: new Set(), failed: new Set(), indexes: new Set(), released: new Set() };
    all.set(uid, ends);
    return ends;
  };
  return {
    of,
    note(now, was, world) {
      const it = (now ?? was) as core.Pod;
      const owner = controllerOf(it);
      if (owner?.kind !== 'Job') return;
      const ends = of(owner.uid);
      const { uid } = it.metadata;
      // Whose finalizer the controller took before it came to an end is given up, and counts for nothing. Who is being
      // deleted has come to an end, but where only pods that have failed are replaced.
      const isAlive = was && !isPodFinished(was) && (!isDeleting(was) || jobOf(was, world)?.spec.podReplacementPolicy === 'Failed');
      if (was && isTracked(was) && (!now || !isTracked(now)) && isAlive) ends.released.add(uid);
      if (!isTracked(it) && !(was && isTracked(was))) return;
      if (it.status?.phase === 'Succeeded') {
        ends.succeeded.add(uid);
        if (indexOf(it)) ends.indexes.add(indexOf(it));
        // It was called lost while it went, and then said otherwise; the first that is written down counts.
      } else if (it.status?.phase === 'Failed' || isDeleting(it)) ends.failed.add(uid);
    },
  };
}

export const jobCountsAreExact = (): Invariant => {
  const ends = endsOf();
  return {
    name: 'a job counts each of its pods once, and never more than it wants',
    begin: ({ seen }) => seen.want(job as never),
    *after({ kind, now, was }, world) {
      if (kind === (pod as AnyKind)) {
        ends.note(now as core.Pod | undefined, was as core.Pod | undefined, world);
        if (now && !was) yield* judgeNew(now as core.Pod, world);
        return;
      }
      if (kind !== (job as AnyKind) || !now) return;
      yield* judgeCounts(now as batch.Job, was as batch.Job | undefined, ends.of(now.metadata.uid));
    },
    *quiet(world) {
      for (const it of world.state.list(job)) yield* judgeEnd(it, world, ends.of(it.metadata.uid));
      for (const it of world.state.list(pod)) {
        if (isTracked(it) && (isPodFinished(it) || isDeleting(it)) && !isHeld(it, world)) yield `${nameOf(it)} waits to be counted`;
      }
    },
  };
};

function* judgeNew(it: core.Pod, world: World): Iterable<string> {
  const owner = jobOf(it, world);
  if (!owner) return;
  const versions = [owner, ...world.seen.versions(job, keyOf(owner))];
  const active = world.state.owned(pod, owner.metadata.uid).filter(isActive);
  const most = Math.max(...versions.map((one) => one.spec.parallelism ?? 1));
  if (active.length > most) yield `${nameOf(owner)} has ${active.length} pods at once, and ${most} were wanted`;
  if (isOver(owner)) yield `${nameOf(owner)} made a pod after its end`;
  if (isIndexed(owner)) {
    const same = active.filter((one) => indexOf(one) === indexOf(it));
    if (same.length > 1) yield `${nameOf(owner)} has two pods of index ${indexOf(it)}`;
  }
}

function* judgeCounts(now: batch.Job, was: batch.Job | undefined, truth: Ends): Iterable<string> {
  const { succeeded = 0, failed = 0, uncountedTerminatedPods: waiting } = now.status ?? {};
  const before = was?.status ?? {};
  const { completions } = now.spec;
  if (succeeded < (before.succeeded ?? 0)) yield `${nameOf(now)} counts fewer successes than before`;
  if (failed < (before.failed ?? 0)) yield `${nameOf(now)} counts fewer failures than before`;
  const named = waiting?.succeeded?.length ?? 0;
  if (isIndexed(now)) {
    const indexes = totalOf(readIndexes(now.status?.completedIndexes, completions ?? 0));
    if (indexes !== succeeded) yield `${nameOf(now)} counts ${succeeded} successes and names ${indexes} indexes`;
    if (indexes > truth.indexes.size)
      yield `${nameOf(now)} has ${indexes} completed indexes, and ${truth.indexes.size} pods of them succeeded`;
  } else if (succeeded + named > truth.succeeded.size)
    yield `${nameOf(now)} counts ${succeeded} + ${named} successes, and ${truth.succeeded.size} pods succeeded`;
  const lost = waiting?.failed?.length ?? 0;
  // A job at its end counts what still runs as failed; a pod may have succeeded in that very moment. It counts once.
  const ended = new Set([...truth.failed, ...truth.succeeded]).size;
  const counted = failed + lost + (isIndexed(now) ? 0 : succeeded + named);
  if (counted > ended) yield `${nameOf(now)} counts ${counted} pods, and ${ended} came to an end`;
  if (isIndexed(now) && completions !== undefined && succeeded > completions) yield `${nameOf(now)} has more successes than completions`;
  if (was && isOver(was) && !isOver(now)) yield `${nameOf(now)} is not at its end any more`;
  if (isTrue(now.status?.conditions, 'Complete') && completions !== undefined && succeeded < completions && !now.spec.successPolicy)
    yield `${nameOf(now)} is complete with ${succeeded} of ${completions}`;
  if (isTrue(now.status?.conditions, 'Complete') && isTrue(now.status?.conditions, 'Failed')) yield `${nameOf(now)} is complete and failed`;
}

function* judgeEnd(it: batch.Job, world: World, truth: Ends): Iterable<string> {
  const { state } = world;
  const { succeeded = 0, failed = 0, active = 0, uncountedTerminatedPods: waiting } = it.status ?? {};
  const running = state.owned(pod, it.metadata.uid).filter(isActive).length;
  if (active !== running) yield `${nameOf(it)} says active=${active}, and it is ${running}`;
  if ((waiting?.succeeded?.length ?? 0) + (waiting?.failed?.length ?? 0) > 0) yield `${nameOf(it)} has pods that wait to be counted`;
  const wanted = isIndexed(it) ? truth.indexes.size : truth.succeeded.size;
  if (succeeded !== wanted && !isOver(it)) yield `${nameOf(it)} says succeeded=${succeeded}, and it is ${wanted}`;
  const both = [...truth.failed].filter((uid) => truth.succeeded.has(uid)).length;
  const held = new Set(
    state
      .owned(pod, it.metadata.uid)
      .filter((one) => isHeld(one, world))
      .map((one) => one.metadata.uid),
  );
  const least = [...truth.failed].filter((uid) => !truth.released.has(uid) && !truth.succeeded.has(uid) && !held.has(uid)).length;
  if (!isOver(it) && (failed < least || failed > truth.failed.size))
    yield `${nameOf(it)} says failed=${failed}, and it is ${least} to ${truth.failed.size} (${both} are both)`;
  if (isOver(it) && active > 0) yield `${nameOf(it)} is over and has ${active} pods`;
  if (it.spec.suspend && running > 0) yield `${nameOf(it)} is suspended and has ${running} pods`;
}

export const cronPolicyHolds: Invariant = {
  name: 'a cron job starts each time once, and beside others only where it may',
  begin: ({ seen }) => seen.want(cronJob as never),
  *after({ kind, now, was }, world) {
    if (kind !== (job as AnyKind) || !now || was) return;
    const it = now as batch.Job;
    const owner = controllerOf(it);
    const cron = owner?.kind === 'CronJob' ? world.state.get(cronJob, `${it.metadata.namespace}/${owner.name}`) : undefined;
    if (!cron || cron.metadata.uid !== owner?.uid) return;
    const versions = [cron, ...world.seen.versions(cronJob, keyOf(cron))];
    const at = it.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'];
    const others = world.state.owned(job, cron.metadata.uid).filter((one) => one.metadata.uid !== it.metadata.uid);
    if (others.some((one) => one.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'] === at))
      yield `${nameOf(cron)} started two jobs for ${at}`;
    if (versions.every((one) => one.spec.suspend)) yield `${nameOf(cron)} is suspended and started ${it.metadata.name}`;
    const running = others.filter((one) => !isOver(one) && !isDeleting(one));
    if (versions.every((one) => one.spec.concurrencyPolicy !== 'Allow') && running.length > 0)
      yield `${nameOf(cron)} started ${it.metadata.name} beside ${running.map((one) => one.metadata.name)}`;
    if (at && Date.parse(at) > world.clock.now()) yield `${nameOf(cron)} started a job of ${at} too early`;
    if (at && new Date(at).getUTCSeconds() !== 0) yield `${nameOf(cron)} started a job at ${at}, when none is due`;
  },
  *quiet({ state }) {
    for (const cron of state.list(cronJob)) {
      const jobs = state.owned(job, cron.metadata.uid);
      const active = jobs.filter((one) => !isOver(one));
      const listed = (cron.status?.active ?? []).map((one) => one.uid);
      if (
        active
          .map((one) => one.metadata.uid)
          .sort()
          .join() !== listed.sort().join()
      )
        yield `${nameOf(cron)} lists ${listed.length} jobs as active, and ${active.length} are`;
      const beyond = (type: string, limit: number): boolean => jobs.filter((one) => isTrue(one.status?.conditions, type)).length > limit;
      if (beyond('Complete', cron.spec.successfulJobsHistoryLimit ?? 3)) yield `${nameOf(cron)} keeps too many jobs that succeeded`;
      if (beyond('Failed', cron.spec.failedJobsHistoryLimit ?? 1)) yield `${nameOf(cron)} keeps too many jobs that failed`;
    }
  },
};
