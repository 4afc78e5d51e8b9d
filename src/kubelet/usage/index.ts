import { type Clock, seconds, sleep } from '../../lib/clock.ts';
import type { ContainerState, Streams, Usage } from '../../runtime/index.ts';
import { label } from '../names.ts';
import { isSandbox } from '../observed.ts';
import { readHostUsage } from './host.ts';
import { type ContainerSample, type NodeUsage, type Sample, usageBetween } from './rates.ts';

export type { NodeUsage, Rate, Sample } from './rates.ts';

/** Who asks again so soon gets the same answer. */
const fresh = seconds(5);
/** A look older than this says little about now. */
const oldest = seconds(60);
/** Between two looks when there is no earlier one to compare with. */
const between = seconds(1);

type Deps = {
  streams: Pick<Streams, 'usage'>;
  clock: Clock;
  /** All containers of the node's pods. */
  containers(): readonly ContainerState[];
  /** The engine's processes are this host's. */
  sharesHost: boolean;
};

/**
 * Tells what the node and its containers use. Nothing is looked at unless somebody asks: the first to ask waits a
 * second for a second look, who asks later is told of the time since the last one.
 */
export function createUsageMeter(deps: Deps): () => Promise<NodeUsage> {
  const { clock } = deps;
  let last: Sample | undefined;
  let answer: NodeUsage | undefined;
  let asking: Promise<NodeUsage> | undefined;

  async function measure(): Promise<NodeUsage> {
    const now = clock.now();
    if (answer && now - answer.at < fresh) return answer;
    let before = last && now - last.at <= oldest ? last : undefined;
    if (!before) {
      before = await look(deps);
      await sleep(clock, between);
    }
    last = await look(deps);
    answer = usageBetween(before, last);
    return answer;
  }

  return () => {
    asking ??= measure().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

/** Totals of now. */
export async function look({ streams, clock, containers, sharesHost }: Deps): Promise<Sample> {
  const running = containers().filter((it) => it.status === 'running' && !isSandbox(it));
  const found = new Map<string, ContainerSample>();
  const note = ({ id, labels, startedAt }: ContainerState, usage: Usage): void => {
    found.set(id, { uid: labels[label.podUid] ?? '', name: labels[label.container] ?? '', startedAt, usage });
  };
  const [host] = await Promise.all([
    sharesHost ? readHostUsage() : undefined,
    ...running.map(async (it) => {
      const usage = await streams.usage(it.id);
      // It has ended meanwhile.
      if (usage) note(it, usage);
    }),
  ]);
  return { at: clock.now(), host, containers: found };
}
