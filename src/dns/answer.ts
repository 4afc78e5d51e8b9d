import packet from 'dns-packet';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/random.ts';
import type { Answer } from './listen.ts';
import { type ClusterNames, type Found, lookUp, type ResourceRecord, soaOf, type Zone } from './records.ts';
import type { Upstream } from './upstream.ts';
import { emptyResponse, headerBytes, rcode, type Response, writeResponse } from './wire.ts';

type Deps = {
  zone: Zone;
  cluster: ClusterNames;
  upstream: Upstream;
  clock: Clock;
  random: Random;
  log: Log;
  count: (source: 'cluster' | 'upstream' | 'refused') => void;
};

type Query = {
  raw: Buffer;
  /** As asked. */
  name: string;
  type: string;
  edns: { udpBytes: number; isSecure: boolean } | undefined;
  most: number;
};

// What is sent back at most in one datagram, whatever was offered: a local network carries more than the Internet.
const mostUdpBytes = 4096;
const mostAliases = 8;

/** Answers any message somebody sends us: from the cluster, else from the name servers of the host. */
export function createAnswer(deps: Deps): Answer {
  return async (raw, by) => {
    // Too short to know whom to answer, or an answer itself: answering it could go on for ever.
    if (raw.length < headerBytes || (raw.readUInt16BE(2) & 0x8000) !== 0) return undefined;
    try {
      const query = readQuery(raw, by);
      if (typeof query === 'number') {
        deps.count('refused');
        return refusal(raw, query);
      }
      return await answer(query, deps);
    } catch (error) {
      deps.log.warn('a name could not be looked up', { error: String(error) });
      return emptyResponse(raw, rcode.servFail);
    }
  };
}

/** The query, or the code it is refused with. */
function readQuery(raw: Buffer, by: 'udp' | 'tcp'): Query | number {
  if ((raw.readUInt16BE(2) & 0x7800) !== 0) return rcode.notImp;
  // One question each, as every server has it (RFC 9619).
  if (raw.readUInt16BE(4) !== 1 || raw.readUInt16BE(6) > 1) return rcode.formErr;
  let message: packet.DecodedPacket;
  try {
    message = packet.decode(raw);
  } catch {
    // Whatever is wrong with it, the sender is told that it cannot be read.
    return rcode.formErr;
  }
  const question = message.questions?.[0];
  if (!question) return rcode.formErr;
  if (question.class !== 'IN') return rcode.refused;
  const type: string = question.type;
  if (type === 'AXFR' || type === 'IXFR') return rcode.refused;
  const option = message.additionals?.find((it) => it.type === 'OPT');
  if (option && option.ednsVersion > 0) return rcode.badVers;
  const edns = option && { udpBytes: Math.max(512, option.udpPayloadSize), isSecure: option.flag_do };
  const most = by === 'tcp' ? 0xffff : Math.min(mostUdpBytes, edns?.udpBytes ?? 512);
  return { raw, name: question.name, type, edns, most };
}

const nothingToSay = { isAuthoritative: false, answers: [], authorities: [], additionals: [] };
const ownEdns = { udpBytes: mostUdpBytes };

const refusal = (raw: Buffer, code: number): Buffer =>
  code > 0xf ? writeResponse(raw, { ...nothingToSay, code }, ownEdns, 512) : emptyResponse(raw, code);

async function answer(query: Query, deps: Deps): Promise<Buffer> {
  const { zone, cluster, clock, random } = deps;
  const name = query.name.toLowerCase();
  const found = lookUp(name, query.type, query.name, cluster, zone);
  if (found.type === 'elsewhere') {
    deps.count('upstream');
    const response = await deps.upstream.ask(query.raw, query.edns);
    if (!response) return emptyResponse(query.raw, rcode.servFail);
    return response.length <= query.most ? response : emptyResponse(query.raw, rcode.noError, true);
  }
  deps.count('cluster');
  const response =
    found.type === 'alias' ? await follow(query, found.target, deps) : ownResponse(query.name, name, found, zone, clock.now());
  return writeResponse(query.raw, { ...response, answers: shuffled(response.answers, random) }, query.edns && ownEdns, query.most);
}

function ownResponse(as: string, name: string, found: Exclude<Found, { type: 'alias' | 'elsewhere' }>, zone: Zone, now: number): Response {
  const base = { ...nothingToSay, isAuthoritative: true, code: rcode.noError };
  const soa = soaOf(zone, /(?:in-addr|ip6)\.arpa$/.exec(name)?.[0] ?? zone.domain, now);
  switch (found.type) {
    case 'records':
      return { ...base, answers: found.answers, additionals: found.additionals };
    case 'authority':
      return { ...base, answers: [soaOf(zone, as, now)] };
    case 'nothing':
      return { ...base, authorities: [soa] };
    case 'no such name':
      return { ...base, code: rcode.nxDomain, authorities: [soa] };
  }
}

/** An alias and what it leads to, be it here or elsewhere. */
async function follow(query: Query, first: string, deps: Deps): Promise<Response> {
  const { zone, cluster, clock } = deps;
  const answers: ResourceRecord[] = [{ name: query.name, ttl: zone.ttl, type: 'CNAME', target: first }];
  const base = { ...nothingToSay, isAuthoritative: true };
  if (query.type === 'CNAME') return { ...base, code: rcode.noError, answers };
  for (let target = first; answers.length <= mostAliases; ) {
    const found = lookUp(target.toLowerCase(), query.type, target, cluster, zone);
    if (found.type === 'elsewhere') return { ...base, ...(await fromElsewhere(query, target, answers, deps)) };
    if (found.type !== 'alias') {
      const rest = ownResponse(target, target.toLowerCase(), found, zone, clock.now());
      return { ...rest, answers: [...answers, ...rest.answers] };
    }
    answers.push({ name: target, ttl: zone.ttl, type: 'CNAME', target: found.target });
    target = found.target;
  }
  // A circle, most likely.
  return { ...base, code: rcode.servFail, answers: [] };
}

async function fromElsewhere(
  query: Query,
  target: string,
  answers: readonly ResourceRecord[],
  { upstream }: Deps,
): Promise<Pick<Response, 'code' | 'answers'>> {
  const onwards = packet.encode({
    ...{ type: 'query', id: 0, flags: packet.RECURSION_DESIRED },
    questions: [{ name: target, type: query.type as packet.RecordType, class: 'IN' }],
  });
  const response = await upstream.ask(onwards, undefined);
  if (!response) return { code: rcode.servFail, answers };
  const found = packet.decode(response).answers ?? [];
  return { code: response.readUInt16BE(2) & 0xf, answers: [...answers, ...found.flatMap(plainRecord)] };
}

/** What aliases are followed for. */
function plainRecord(it: packet.Answer): ResourceRecord[] {
  if (it.type === 'A' || it.type === 'AAAA') return [{ name: it.name, ttl: it.ttl ?? 0, type: it.type, address: it.data }];
  return it.type === 'CNAME' ? [{ name: it.name, ttl: it.ttl ?? 0, type: it.type, target: it.data }] : [];
}

/** Addresses in an order of chance, as many clients take the first; aliases stay before what they lead to. */
function shuffled(records: readonly ResourceRecord[], random: Random): ResourceRecord[] {
  const isLoose = (it: ResourceRecord): boolean => it.type === 'A' || it.type === 'AAAA' || it.type === 'SRV';
  const fixed = records.filter((it) => !isLoose(it));
  const loose = records.filter(isLoose);
  for (let i = loose.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [loose[i], loose[j]] = [loose[j] as ResourceRecord, loose[i] as ResourceRecord];
  }
  return [...fixed, ...loose];
}
