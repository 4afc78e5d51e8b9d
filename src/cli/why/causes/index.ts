import type { Cause } from '../finding.ts';
import { claim } from './claim.ts';
import { crash } from './crash.ts';
import { deadline } from './deadline.ts';
import { deletion } from './deletion.ts';
import { endpoints, unreadyEndpoints } from './endpoints.ts';
import { failedPod } from './failed-pod.ts';
import { image } from './image.ts';
import { job } from './job.ts';
import { missingSource } from './missing-source.ts';
import { node } from './node.ts';
import { olderRevision } from './older-revision.ts';
import { outOfMemory } from './out-of-memory.ts';
import { portTaken } from './port-taken.ts';
import { killingProbe, readinessProbe } from './probe.ts';
import { refusedCreate } from './refused-create.ts';
import { startFault } from './start-fault.ts';
import { unschedulable } from './unschedulable.ts';

// What brings about another comes before it: a probe that kills looks like a crash, a claim without a volume like a
// lack of nodes. Of two that are found, the first is the true cause.
export const causes: readonly Cause[] = [
  ...[deletion, node, failedPod, portTaken, endpoints, olderRevision],
  ...[claim, unschedulable, image, missingSource, startFault],
  ...[outOfMemory, killingProbe, crash, readinessProbe],
  ...[refusedCreate, job, deadline, unreadyEndpoints],
];
