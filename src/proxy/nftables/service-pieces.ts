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

/** All that the kernel needs for one listener. What listeners share has one name for all of them. */
export function piecesOfListener(listener: Listener): Piece[] {
  const { endpoints, affinitySeconds, allow, group, id } = listener;
  const key = keyOfListener(listener);
  if (endpoints.length === 0) return [element('refused', key)];
  const pieces: Piece[] = [];
  let chain = `pick-${endpoints.length}`;
  if (affinitySeconds !== undefined) {
    const affinity = affinityPieces(group, endpoints, affinitySeconds);
    chain = affinity.chain;
    pieces.push(...affinity.pieces);
  } else {
    pieces.push(picks[endpoints.length] ?? pickPiece(endpoints.length));
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
  pieces.push(element('services', key, `goto ${chain}`));
  return pieces;
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

const pickPiece = (count: number): Piece => ({ type: 'chain', name: `pick-${count}`, rules: pickRules(count) });

/** Those that nearly all services need: one piece of data for thousands of them. */
const picks: readonly Piece[] = Array.from({ length: 17 }, (_, count) => pickPiece(count));

/**
 * Client affinity: for each endpoint a set of clients, whose members the kernel forgets some time after their last
 * connection. Chains are named by what they do and sets by whom they are for, so that all listeners of a service port share
 * them, and a client is still known when endpoints change.
 */
function affinityPieces(group: string, endpoints: readonly Endpoint[], seconds: number): { chain: string; pieces: Piece[] } {
  const pieces: Piece[] = [];
  const known: string[] = [];
  const choices: string[] = [];
  endpoints.forEach((it, i) => {
    const place = `${short(group)}-${it.address}-${it.port}-${seconds}s`;
    const [to, clients] = [`affinity-${place}`, `clients-${place}`];
    const spec = `type ipv4_addr; flags dynamic,timeout; timeout ${seconds}s; size 65536;`;
    pieces.push({ type: 'set', name: clients, spec }, itself(it));
    const rules = [`update @${clients} { ip saddr }`, `${portOnly} dnat ip to ${it.address}:${it.port}`];
    pieces.push({ type: 'chain', name: to, rules });
    known.push(`ip saddr @${clients} goto ${to}`);
    choices.push(`${i} : goto ${to}`);
  });
  const rules = [...known, `numgen random mod ${choices.length} vmap { ${choices.join(', ')} }`];
  const chain = `affinity-${short(rules.join('\n'))}`;
  pieces.push({ type: 'chain', name: chain, rules });
  return { chain, pieces };
}

/** Ranges of service addresses besides the cluster's own. */
export const piecesOfRanges = (ranges: readonly string[]): Piece[] => disjoint(ranges).map((it) => element('ranges', it));

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
