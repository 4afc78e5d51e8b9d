import { type Clock, type Milliseconds, seconds } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/random.ts';
import { AnswerCache } from './answer-cache.ts';
import { askByTcp, askByUdp, type Server } from './exchange.ts';
import { headerBytes, questionEnd, questionText, rcode } from './wire.ts';

export interface Upstream {
  /** The answer of others to a query, as an answer to just this query; undefined when nobody has one. */
  ask(query: Buffer, edns: { isSecure: boolean } | undefined): Promise<Buffer | undefined>;
}

type Deps = {
  /** Never this server itself. */
  servers: () => Promise<readonly Server[]>;
  clock: Clock;
  random: Random;
  log: Log;
  count: (result: 'cached' | 'answered' | 'failed' | 'dropped') => void;
};

// Each question under way has a socket.
const mostAtOnce = 200;
// Resolvers in pods give up after five seconds: better to say in time that nobody answers.
const deadline = seconds(4);
const patience = { alone: seconds(2), oneOfSeveral: 1_200, whenDown: 400 };
const downFor = seconds(10);
const passes = 2;
const ourUdpBytes = 1232;

export function createUpstream({ servers, clock, random, log, count }: Deps): Upstream {
  const cache = new AnswerCache(clock);
  const underWay = new Map<string, Promise<Buffer | undefined>>();
  const health = new Map<string, { failures: number; downUntil: Milliseconds }>();

  const isDown = ({ address }: Server): boolean => (health.get(address)?.downUntil ?? 0) > clock.now();

  function note(server: Server, isWell: boolean): void {
    if (isWell) {
      health.delete(server.address);
      return;
    }
    const failures = (health.get(server.address)?.failures ?? 0) + 1;
    health.set(server.address, { failures, downUntil: failures < passes ? 0 : clock.now() + downFor });
  }

  async function tryOne(server: Server, query: Buffer, span: Milliseconds): Promise<Buffer | undefined> {
    try {
      const answer = await askByUdp(server, query, span, clock);
      note(server, true);
      const isTruncated = (answer.readUInt16BE(2) & 0x0200) !== 0;
      if (!isTruncated) return answer;
      // Without the rest, what came is still worth something: whoever asked may try a connection too.
      return await askByTcp(server, query, span, clock).catch((error: unknown) => {
        log.debug('a long answer could not be fetched', { server: server.address, error: String(error) });
        return answer;
      });
    } catch (error) {
      note(server, false);
      log.debug('a name server did not answer', { server: server.address, error: String(error) });
      return undefined;
    }
  }

  async function tryAll(query: Buffer): Promise<Buffer | undefined> {
    const known = await servers();
    const began = clock.now();
    const areAllDown = known.every(isDown);
    const inOrder = [...known].sort((a, b) => Number(isDown(a)) - Number(isDown(b)));
    const span = areAllDown ? patience.whenDown : known.length === 1 ? patience.alone : patience.oneOfSeveral;
    let unwilling: Buffer | undefined;
    for (let pass = 0; pass < (areAllDown ? 1 : passes); pass++) {
      for (const server of inOrder) {
        const left = deadline - (clock.now() - began);
        if (left <= 0) return unwilling;
        const answer = await tryOne(server, query, Math.min(span, left));
        if (answer && isWilling(answer)) return answer;
        unwilling ??= answer;
      }
      if (unwilling) return unwilling;
    }
    return undefined;
  }

  async function fetch(key: string, query: Buffer): Promise<Buffer | undefined> {
    try {
      const answer = await tryAll(query);
      if (answer) cache.put(key, answer);
      count(answer ? 'answered' : 'failed');
      return answer;
    } catch (error) {
      log.warn('the name servers are not known', { error: String(error) });
      count('failed');
      return undefined;
    } finally {
      underWay.delete(key);
    }
  }

  return {
    async ask(query, edns) {
      const own = rewritten(query, edns, Math.floor(random.next() * 0x10000));
      // Everything but the id decides the answer; capital letters in the name do not.
      const end = questionEnd(own) ?? headerBytes;
      const key = `${own.toString('latin1', 2, headerBytes)}${questionText(own)}${own.toString('latin1', end)}`;
      const cached = cache.get(key);
      if (cached) {
        count('cached');
        return asAnswerTo(query, cached);
      }
      // The same question once at a time: should our own question come back to us, it waits for itself and ends.
      let answer = underWay.get(key);
      if (!answer) {
        if (underWay.size >= mostAtOnce) {
          count('dropped');
          return undefined;
        }
        answer = fetch(key, own);
        underWay.set(key, answer);
      }
      const found = await answer;
      return found && asAnswerTo(query, Buffer.from(found));
    },
  };
}

const isWilling = (answer: Buffer): boolean => {
  const code = answer.readUInt16BE(2) & 0xf;
  return code !== rcode.servFail && code !== rcode.refused && code !== rcode.notImp;
};

/** The query without what is between us and who asked (cookies, sizes). */
function rewritten(query: Buffer, edns: { isSecure: boolean } | undefined, id: number): Buffer {
  const question = query.subarray(12, questionEnd(query));
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  // Wanting recursion, and what is to be said or left unchecked of signatures (RD, AD, CD).
  header.writeUInt16BE(0x0100 | (query.readUInt16BE(2) & 0x0030), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(edns ? 1 : 0, 10);
  const option = edns ? [0, 0, 41, ourUdpBytes >> 8, ourUdpBytes & 0xff, 0, 0, edns.isSecure ? 0x80 : 0, 0, 0, 0] : [];
  return Buffer.concat([header, question, Buffer.from(option)]);
}

/** Changes an answer in place: the id, the wish for recursion and the spelling of the name are those of the query. */
function asAnswerTo(query: Buffer, answer: Buffer): Buffer {
  answer.writeUInt16BE(query.readUInt16BE(0), 0);
  answer.writeUInt16BE((answer.readUInt16BE(2) & ~0x0100) | (query.readUInt16BE(2) & 0x0100) | 0x0080, 2);
  const end = questionEnd(query) ?? 12;
  if (answer.readUInt16BE(4) === 1) answer.set(query.subarray(12, end), 12);
  return answer;
}
