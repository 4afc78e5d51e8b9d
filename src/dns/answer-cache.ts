import { type Clock, type Milliseconds, seconds } from '../lib/clock.ts';
import { rcode, recordPlaces } from './wire.ts';

// What kubeadm's Corefile sets ("cache 30"): long enough for bursts, short enough for nobody to notice.
const longest = seconds(30);
const mostAnswers = 2_000;
const mostBytes = 4_096;
const soaType = 6;

type Kept = { message: Buffer; at: Milliseconds; until: Milliseconds; ttls: ReadonlyArray<{ ttlAt: number; ttl: number }> };

/** Answers of others, as they came, for as long as their records live but half a minute at most. */
export class AnswerCache {
  readonly #clock: Clock;
  // In the order of their last use: the first is the first to go.
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A copy with lifetimes as they are now. */
  get(key: string): Buffer | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    this.#kept.delete(key);
    const now = this.#clock.now();
    if (now >= kept.until) return undefined;
    this.#kept.set(key, kept);
    const message = Buffer.from(kept.message);
    const age = Math.floor((now - kept.at) / 1000);
    for (const { ttlAt, ttl } of kept.ttls) message.writeUInt32BE(Math.max(0, ttl - age), ttlAt);
    return message;
  }

  put(key: string, message: Buffer): void {
    const places = recordPlaces(message);
    const life = places && lifeOf(message, places);
    if (!places || !life || message.length > mostBytes) return;
    const now = this.#clock.now();
    this.#kept.delete(key);
    this.#kept.set(key, { message: Buffer.from(message), at: now, until: now + Math.min(longest, seconds(life)), ttls: places });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostAnswers) break;
      this.#kept.delete(oldest);
    }
  }
}

/** Seconds an answer holds: its shortest-lived record, or what the zone says of names that are not there (RFC 2308). */
function lifeOf(message: Buffer, places: ReadonlyArray<{ type: number; ttl: number; end: number }>): number | undefined {
  const flags = message.readUInt16BE(2);
  const code = flags & 0xf;
  const isTruncated = (flags & 0x0200) !== 0;
  if (isTruncated || (code !== rcode.noError && code !== rcode.nxDomain)) return undefined;
  const answers = message.readUInt16BE(6);
  if (code === rcode.noError && answers > 0) return Math.min(...places.slice(0, answers).map((it) => it.ttl));
  const soa = places.find((it) => it.type === soaType);
  return soa && Math.min(soa.ttl, message.readUInt32BE(soa.end - 4));
}
