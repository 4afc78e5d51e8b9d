import type { Clock, Milliseconds } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { Endpoint } from '../endpoints.ts';

/** Clients remembered at once; those longest away are forgotten first. */
const mostClients = 10_000;

/** Gives each new connection of a service port its endpoint: in turns, or by client where affinity is wanted. */
export class Balancer {
  readonly #clock: Clock;
  #next: number;
  #endpoints: readonly Endpoint[] = [];
  #affinity: Milliseconds | undefined;
  /** In the order of last use. */
  readonly #clients = new Map<string, { endpoint: Endpoint; at: Milliseconds }>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    // Many proxies that start alike shall not all begin with the same endpoint.
    this.#next = Math.floor(random.next() * 1_000);
  }

  update(endpoints: readonly Endpoint[], affinitySeconds: number | undefined): void {
    const before = this.#endpoints;
    // Those that stay keep their identity: connections and clients refer to it.
    this.#endpoints = endpoints.map((it) => before.find((known) => known.address === it.address && known.port === it.port) ?? it);
    this.#affinity = affinitySeconds === undefined ? undefined : affinitySeconds * 1_000;
    if (this.#affinity === undefined) this.#clients.clear();
    for (const [client, { endpoint }] of this.#clients) if (!this.has(endpoint)) this.#clients.delete(client);
  }

  has(endpoint: Endpoint): boolean {
    return this.#endpoints.includes(endpoint);
  }

  get size(): number {
    return this.#endpoints.length;
  }

  /** The endpoint for a client's new connection, not one of `tried`; undefined when there is none (left). */
  pick(client: string, tried: readonly Endpoint[] = []): Endpoint | undefined {
    if (this.#affinity === undefined) return this.#turn(tried);
    const now = this.#clock.now();
    const known = this.#clients.get(client);
    const isGood = known && now - known.at < this.#affinity && !tried.includes(known.endpoint);
    const endpoint = isGood ? known.endpoint : this.#turn(tried);
    if (!endpoint) return undefined;
    this.#clients.delete(client);
    this.#clients.set(client, { endpoint, at: now });
    if (this.#clients.size > mostClients) this.#clients.delete(this.#clients.keys().next().value ?? '');
    return endpoint;
  }

  #turn(tried: readonly Endpoint[]): Endpoint | undefined {
    const count = this.#endpoints.length;
    for (let i = 0; i < count; i++) {
      this.#next = (this.#next + 1) % count;
      const endpoint = this.#endpoints[this.#next];
      if (endpoint && !tried.includes(endpoint)) return endpoint;
    }
    return undefined;
  }
}
