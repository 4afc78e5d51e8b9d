import { daemonSetFamily } from './daemon-set.ts';
import { deploymentFamily } from './deployment.ts';
import type { Family } from './family.ts';
import { disruptionFamily } from './disruption.ts';
import { garbageFamily } from './garbage.ts';
import { jobFamily } from './job.ts';
import { schedulerFamily } from './scheduler.ts';
import { servicesFamily } from './services.ts';
import { statefulSetFamily } from './stateful-set.ts';

export type { Family } from './family.ts';

export const families: readonly Family[] = [
  deploymentFamily,
  statefulSetFamily,
  daemonSetFamily,
  jobFamily,
  disruptionFamily,
  servicesFamily,
  garbageFamily,
  schedulerFamily,
];
