import { type core, isPodFinished, podRequests } from '../../kinds/index.ts';
import { addQuantities, compareQuantities, subtractQuantities } from '../../meta/quantity.ts';
import type { Advice } from './finding.ts';
import type { Facts } from './facts.ts';
import { plural } from './words.ts';

type Unfit = { says: string; notes: string[]; fix: string; advice: Advice[] };

/** One part of what the scheduler says, in words and with what would fit. */
export function unfit({ count, reason }: { count: number; reason: string }, pod: core.Pod, facts: Facts): Unfit | undefined {
  const on =
    count > 0
      ? count === facts.nodes.length || facts.nodes.length === 0
        ? count === 1
          ? 'the node'
          : `all ${count} nodes`
        : plural(count, 'node')
      : 'it';
  const are = count > 1 && !on.startsWith('the') ? 'have' : 'has';
  const plain = (says: string, fix = 'ask for another node', advice: Advice[] = []): Unfit => ({ says, notes: [], fix, advice });
  const short = /^Insufficient (\S+)/.exec(reason)?.[1];
  if (short) return shortOf(short, on, are, pod, facts);
  if (/^Too many pods/.test(reason)) return plain(`${on} ${are} as many pods as it may have`, 'run fewer pods');
  if (/were unschedulable/.test(reason))
    return plain(
      `${on} ${are} been cordoned`,
      'wait, or allow the node',
      nodeNames(facts, (it) => it.spec?.unschedulable === true).map((it) => ({
        command: `peapod uncordon ${it}`,
        to: 'let pods on it again',
      })),
    );
  if (/untolerated taint/.test(reason)) {
    const taints = [
      ...new Set(
        facts.nodes
          .flatMap((it) => it.spec?.taints ?? [])
          .filter((it) => it.effect !== 'PreferNoSchedule')
          .map((it) => `${it.key}${it.value ? `=${it.value}` : ''}:${it.effect}`),
      ),
    ];
    return plain(`${on} ${are} a taint that it does not tolerate${taints.length > 0 ? ` (${taints.join(', ')})` : ''}`, 'add a toleration');
  }
  if (/didn't match Pod's node affinity\/selector/.test(reason)) {
    const wanted = Object.entries(pod.spec.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
    return plain(
      `${on} ${are} not the labels it asks for${wanted.length > 0 ? ` (${wanted.join(', ')})` : ''}`,
      'ask for labels that a node has',
      wanted.length > 0 && facts.nodes[0]
        ? [{ command: `peapod label node ${facts.nodes[0].metadata.name} ${wanted.join(' ')}`, to: 'give a node the labels' }]
        : [],
    );
  }
  if (/free ports/.test(reason)) return portsTaken(on, pod, facts);
  if (/anti-affinity/.test(reason))
    return plain(`${on} ${are} a pod that it must not be beside (anti-affinity)`, 'relax the anti-affinity, or run fewer');
  if (/affinity rules/.test(reason)) return plain(`${on} ${are} no pod that it must be beside (affinity)`, 'relax the affinity');
  if (/topology spread/.test(reason))
    return plain(`${on} would make the spread uneven (topologySpreadConstraints)`, 'relax the constraint');
  if (/requested node name/.test(reason)) return plain('no node has the name that it asks for', 'correct spec.nodeName');
  return reason ? plain(count > 0 ? `${on}: ${reason}` : reason) : undefined;
}

function shortOf(resource: string, on: string, are: string, pod: core.Pod, facts: Facts): Unfit {
  const wanted = podRequests(pod.spec)[resource] ?? 'some';
  const free = facts.nodes.map((node) => ({ name: node.metadata.name, ...roomOn(node, resource, facts) }));
  const most = free
    .map((it) => it.left)
    .sort(compareQuantities)
    .at(-1);
  return {
    says: `it asks for ${wanted} ${resource}, and ${on} ${are} not so much left${most ? ` (${most} at most)` : ''}`,
    notes: free.map((it) => `node ${it.name} has ${it.whole} ${resource}, its pods ask for ${it.taken}: ${it.left} would fit`),
    fix: `ask for less ${resource} (resources.requests), or stop other pods`,
    advice: [],
  };
}

/** What a node has of a resource, and what is left of it for pods that come. */
function roomOn({ metadata, status }: core.Node, resource: string, { pods }: Facts): { whole: string; taken: string; left: string } {
  const whole = status?.allocatable?.[resource] ?? '0';
  const taken = pods
    .filter((it) => it.spec.nodeName === metadata.name && !isPodFinished(it))
    .map((it) => podRequests(it.spec)[resource] ?? '0')
    .reduce(addQuantities, '0');
  const left = subtractQuantities(whole, taken);
  return { whole, taken, left: compareQuantities(left, '0') < 0 ? '0' : left };
}

const nodeNames = (facts: Facts, is: (it: core.Node) => boolean): string[] => facts.nodes.filter(is).map((it) => it.metadata.name);

const hostPortsOf = ({ spec }: core.Pod): Array<{ port: number; protocol: string }> =>
  spec.containers.flatMap((it) =>
    (it.ports ?? []).flatMap((port) => (port.hostPort ? [{ port: port.hostPort, protocol: port.protocol ?? 'TCP' }] : [])),
  );

/** Who has the host ports that a pod wants. */
function portsTaken(on: string, pod: core.Pod, facts: Facts): Unfit {
  const own = hostPortsOf(pod);
  const holders = facts.pods.flatMap((it) => {
    if (it === pod || !it.spec.nodeName) return [];
    const shared = hostPortsOf(it).find((port) => own.some((mine) => mine.port === port.port && mine.protocol === port.protocol));
    return shared
      ? [
          {
            port: `${shared.port}/${shared.protocol}`,
            pod: it.metadata.name,
            at: it.metadata.namespace === pod.metadata.namespace ? '' : ` -n ${it.metadata.namespace}`,
          },
        ]
      : [];
  });
  const [first] = holders;
  const says = first
    ? `host port ${first.port} is already taken by pod/${first.pod}${first.at}`
    : `${on} has not the host port free that it wants (${own.map((it) => `${it.port}/${it.protocol}`).join(', ')})`;
  return {
    says,
    notes: [],
    fix: 'use another hostPort, or a Service instead',
    advice: first ? [{ command: `peapod describe pod/${first.pod}${first.at}`, to: 'see who has it' }] : [],
  };
}
