import { type batch, cronJob, isPodReady, job, pod } from '../../../src/kinds/index.ts';
import { controllerOf } from '../../../src/meta/owner.ts';
import { minutes } from '../../../src/lib/clock.ts';
import { nothingIsLeft } from '../invariants/garbage.ts';
import { cronPolicyHolds, jobCountsAreExact } from '../invariants/jobs.ts';
import { templateOf } from '../objects.ts';
import type { World } from '../world.ts';
import type { Family } from './family.ts';
import { machines } from './machines.ts';
import { changeOne } from './workloads.ts';

const namespace = 'default';
const names = ['count', 'sort', 'pack'];
const crons = ['nightly', 'often'];

function specOf({ draw }: World, app: string): batch.JobSpec {
  const isIndexed = draw.chance(0.4);
  const completions = draw.whole(1, 8);
  const hasCompletions = isIndexed || draw.chance(0.8);
  const perIndex = isIndexed && draw.chance(0.3);
  const template = templateOf(app, 1, { restartPolicy: !perIndex && draw.chance(0.2) ? 'OnFailure' : 'Never' });
  return {
    ...{ parallelism: draw.whole(1, 4), template },
    ...(hasCompletions && { completions }),
    ...(isIndexed && { completionMode: 'Indexed' as const }),
    ...(perIndex
      ? { backoffLimitPerIndex: draw.whole(0, 2), maxFailedIndexes: draw.whole(0, completions) }
      : { backoffLimit: draw.whole(0, 6) }),
    ...(draw.chance(0.2) && { activeDeadlineSeconds: draw.whole(20, 200) }),
    ...(draw.chance(0.3) && { ttlSecondsAfterFinished: draw.whole(0, 60) }),
    ...(draw.chance(0.2) && template.spec?.restartPolicy === 'Never' && { podReplacementPolicy: 'Failed' as const }),
    ...(draw.chance(0.1) && { suspend: true }),
  };
}

async function create(world: World): Promise<string | undefined> {
  const { user, state, draw } = world;
  const name = draw.one(names.filter((it) => !state.get(job, `${namespace}/${it}`)));
  if (name === undefined) return undefined;
  const spec = specOf(world, name);
  await user.create(job, { metadata: { namespace, name }, spec });
  const { template: _, ...said } = spec;
  return `job ${name}: ${JSON.stringify(said)}`;
}

async function schedule(world: World): Promise<string | undefined> {
  const { user, state, draw } = world;
  const name = draw.one(crons.filter((it) => !state.get(cronJob, `${namespace}/${it}`)));
  if (name === undefined) return undefined;
  const concurrencyPolicy = draw.one(['Allow', 'Forbid', 'Replace'] as const) ?? 'Allow';
  const { ttlSecondsAfterFinished: _, ...spec } = specOf(world, name);
  await user.create(cronJob, {
    metadata: { namespace, name },
    spec: {
      ...{ schedule: draw.one(['* * * * *', '*/2 * * * *', '*/5 * * * *']) ?? '* * * * *', concurrencyPolicy },
      jobTemplate: { spec },
      successfulJobsHistoryLimit: draw.whole(0, 2),
      failedJobsHistoryLimit: draw.whole(0, 2),
      ...(draw.chance(0.3) && { startingDeadlineSeconds: draw.whole(15, 120) }),
    },
  });
  return `cron job ${name}, ${concurrencyPolicy}`;
}

export const jobFamily: Family = {
  name: 'job',
  longest: minutes(1),
  async begin(world) {
    for (const name of ['n1', 'n2', 'n3', 'n4']) await world.agents.addNode(name, {});
    await create(world);
    await schedule(world);
  },
  operations: {
    ...machines,
    create: { weight: 8, run: create },
    schedule: { weight: 3, run: schedule },
    killPod: {
      weight: 3,
      async run({ user, state, draw }) {
        const it = draw.one(state.list(pod).filter((one) => controllerOf(one)?.kind === 'Job' && isPodReady(one)));
        if (!it) return undefined;
        await user.delete(pod, it.metadata, { preconditions: { uid: it.metadata.uid } });
        return `pod ${it.metadata.name} is deleted`;
      },
    },
    parallelism: {
      weight: 3,
      run: (world) =>
        changeOne(world, job, (draft) => {
          draft.spec.parallelism = world.draw.whole(0, 5);
          return `${draft.spec.parallelism} at once`;
        }),
    },
    suspend: {
      weight: 3,
      run: (world) =>
        changeOne(world, job, (draft) => {
          draft.spec.suspend = !draft.spec.suspend;
          return draft.spec.suspend ? 'suspended' : 'resumed';
        }),
    },
    suspendCron: {
      weight: 2,
      async run({ user, state, draw }) {
        const it = draw.one(state.list(cronJob));
        if (!it) return undefined;
        let said = '';
        await user.change(cronJob, it, (draft) => {
          draft.spec.suspend = !draft.spec.suspend;
          said = draft.spec.suspend ? 'suspended' : 'resumed';
        });
        return `${it.metadata.name}: ${said}`;
      },
    },
    remove: {
      weight: 4,
      async run({ user, state, draw }) {
        const it = draw.one(state.list(job));
        if (!it) return undefined;
        await user.delete(job, it.metadata, { propagationPolicy: draw.one(['Foreground', 'Background'] as const) ?? 'Background' });
        return `job ${it.metadata.name} is deleted`;
      },
    },
    removeCron: {
      weight: 1,
      async run({ user, state, draw }) {
        const it = draw.one(state.list(cronJob));
        if (!it) return undefined;
        await user.delete(cronJob, it.metadata, { propagationPolicy: 'Background' });
        return `cron job ${it.metadata.name} is deleted`;
      },
    },
  },
  invariants: () => [jobCountsAreExact(), cronPolicyHolds, nothingIsLeft],
  async calmDown({ user, state }) {
    for (const it of state.list(cronJob)) {
      await user.change(cronJob, it, (draft) => {
        draft.spec.suspend = true;
      });
    }
  },
};
