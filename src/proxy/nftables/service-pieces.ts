import { createHash } from 'node:crypto';
import { toAddress, toNumber } from '../../lib/ipv4.ts';
import type { Endpoint } from '../endpoints.ts';
import type { Listener } from '../table.ts';
import type { Piece } from './pieces.ts';

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
const element = (of: string, key: string, value?: string): Piece => ({ type: 'element', of, key, ...(value !== undefined && { value }) });
const portOnly = 'meta l4proto { tcp, udp }';

/** `10.96.0.5 . tcp . 80` */
export const keyOfListener = ({ address, protocol, port }: Pick<Listener, 'address' | 'protocol' | 'port'>): string =>
  `${address} . ${protocol.toLowerCase()} . ${port}`;

/** What the kernel needs for one listener; what listeners of a service port share is in `piecesOfGroup`. */
export function piecesOfListener(listener: Listener): Piece[] {
  const { endpoints, affinitySeconds, allow, group, id } = listener;
  const key = keyOfListener(listener);
  if (endpoints.length === 0) return [element('refused', key)];
  const pieces: Piece[] = [];
  let chain = affinityChain(group);
  if (affinitySeconds === undefined) {
    chain = `pick-${endpoints.length}`;
    pieces.push({ type: 'chain', name: chain, rules: pickRules(endpoints.length) });
    endpoints.forEach((it, i) => {
      pieces.push(element('endpoints', `${key} . 0:${i.toString(16)}`, `${it.address} . ${it.port}`), itself(it));
    });
  }
  if (allow) {
    const guard = `guard-${short(id)}`;
    const ranges = disjoint(allow);
    // Nobody at all, when all ranges are of the other family.
    const rule = ranges.length > 0 ? `ip saddr != { ${ranges.join(', ')} } drop` : 'drop';
    pieces.push({ type: 'chain', name: guard, rules: [rule, `goto ${chain}`] });
    chain = guard;
  }
  return [...pieces, element('services', key, `goto ${chain}`)];
}

/** A pod that reaches itself through its service must see another address than its own. */
const itself = ({ address }: Endpoint): Piece => element('self', `${address} . ${address}`);

/**
 * One of `count` by chance. The packet's priority carries the number from one map to the other: forwarding sets it anew
 * (from the type of service), and unlike a mark no routing rule asks for it. Between two states of the map a number may
 * have no endpoint any more: the first has one as long as there are any.
 */
function pickRules(count: number): string[] {
  const lead = `${portOnly} dnat ip to ip daddr . meta l4proto . th dport . meta priority map @endpoints`;
  return count === 1 ? ['meta priority set 0', lead] : [`meta priority set numgen random mod ${count}`, lead, 'meta priority set 0', lead];
}

const affinityChain = (group: string): string => `affinity-${short(group)}`;

/**
 * Client affinity: for each endpoint a set of clients, whose members the kernel forgets some time after their last
 * connection. Chains and sets are there per service port, so all its listeners share them.
 */
export function piecesOfGroup(group: string, endpoints: readonly Endpoint[], affinitySeconds: number | undefined): Piece[] {
  if (affinitySeconds === undefined || endpoints.length === 0) return [];
  const chain = affinityChain(group);
  const pieces: Piece[] = [];
  const known: string[] = [];
  const choices: string[] = [];
  endpoints.forEach((it, i) => {
    const to = `${chain}-${it.address}-${it.port}`;
    const clients = `clients-${short(group)}-${it.address}-${it.port}-${affinitySeconds}s`;
    const spec = `type ipv4_addr; flags dynamic,timeout; timeout ${affinitySeconds}s; size 65536;`;
    pieces.push({ type: 'set', name: clients, spec }, itself(it));
    const rules = [`update @${clients} { ip saddr }`, `${portOnly} dnat ip to ${it.address}:${it.port}`];
    pieces.push({ type: 'chain', name: to, rules });
    known.push(`ip saddr @${clients} goto ${to}`);
    choices.push(`${i} : goto ${to}`);
  });
  const rules = [...known, `numgen random mod ${choices.length} vmap { ${choices.join(', ')} }`];
  return [...pieces, { type: 'chain', name: chain, rules }];
}

/** IPv4 ranges without those that lie within another: the kernel takes no overlapping intervals. */
export function disjoint(ranges: readonly string[]): string[] {
  const parsed = ranges
    .filter((it) => !it.includes(':'))
    .map((range) => {
      const [base = '', bits = '32'] = range.split('/');
      const size = 2 ** (32 - Number(bits));
      const first = Math.floor(toNumber(base) / size) * size;
      return { first, last: first + size - 1, text: `${toAddress(first)}/${bits}` };
    })
    .sort((a, b) => a.first - b.first || b.last - a.last);
  const kept: typeof parsed = [];
  for (const it of parsed) if (it.last > (kept.at(-1)?.last ?? -1)) kept.push(it);
  return kept.map((it) => it.text);
}
