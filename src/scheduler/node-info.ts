import type { core } from '../kinds/index.ts';
import { type Amounts, amountsOf, type HostPort, type PodInfo } from './pod-info.ts';

/** A node with the sums of its pods, kept up to date pod by pod. */
export class NodeInfo {
  readonly name: string;
  readonly pods = new Map<string, PodInfo>();
  /** Those of `pods` that have affinities of their own, which bind newcomers too. */
  readonly withAffinity = new Set<PodInfo>();
  /** Those of `pods` that must be kept away from others. */
  readonly keepingAway = new Set<PodInfo>();
  readonly requested = new Map<string, number>();
  readonly assumed = { cpu: 0, memory: 0 };
  /** How many pods of each controller are here. */
  readonly owners = new Map<string, number>();
  /** How many pods here mount a claim, by its key. */
  readonly claims = new Map<string, number>();
  /** Sizes of the images that are here, by each of their names. */
  images: ReadonlyMap<string, number> = new Map();
  allocatable: Amounts = new Map();
  readonly #ports = new Map<string, Map<string, number>>();
  #node: core.Node | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Undefined while there are pods of a node that is not (or no more) there. */
  get node(): core.Node | undefined {
    return this.#node;
  }

  set node(node: core.Node | undefined) {
    this.#node = node;
    this.allocatable = amountsOf(node?.status?.allocatable ?? node?.status?.capacity);
    this.images = new Map(
      (node?.status?.images ?? []).flatMap((image) =>
        (image.names ?? []).map((name) => [normalImage(name), image.sizeBytes ?? 0] as const),
      ),
    );
  }

  get labels(): { [key: string]: string } {
    return this.#node?.metadata.labels ?? {};
  }

  add(info: PodInfo): void {
    this.remove(info.uid);
    this.pods.set(info.uid, info);
    this.#count(info, 1);
    const { near, apart, preferNear, preferApart } = info.affinity;
    if (near.length + apart.length + preferNear.length + preferApart.length > 0) this.withAffinity.add(info);
    if (apart.length > 0) this.keepingAway.add(info);
  }

  remove(uid: string): void {
    const info = this.pods.get(uid);
    if (!info) return;
    this.pods.delete(uid);
    this.withAffinity.delete(info);
    this.keepingAway.delete(info);
    this.#count(info, -1);
  }

  /** The same node without some of its pods, to see what that would change. */
  without(uids: ReadonlySet<string>): NodeInfo {
    const copy = new NodeInfo(this.name);
    copy.node = this.#node;
    for (const info of this.pods.values()) if (!uids.has(info.uid)) copy.add(info);
    return copy;
  }

  isTaken({ address, protocol, port }: HostPort): boolean {
    const addresses = this.#ports.get(`${protocol}/${port}`);
    if (!addresses) return false;
    return address === '0.0.0.0' ? addresses.size > 0 : addresses.has(address) || addresses.has('0.0.0.0');
  }

  #count(info: PodInfo, sign: 1 | -1): void {
    for (const [name, amount] of info.requests) raise(this.requested, name, sign * amount);
    this.assumed.cpu += sign * info.assumed.cpu;
    this.assumed.memory += sign * info.assumed.memory;
    if (info.owner) raise(this.owners, info.owner, sign);
    for (const key of info.claims) raise(this.claims, key, sign);
    for (const { address, protocol, port } of info.hostPorts) {
      const name = `${protocol}/${port}`;
      const addresses = this.#ports.get(name) ?? new Map<string, number>();
      raise(addresses, address, sign);
      if (addresses.size > 0) this.#ports.set(name, addresses);
      else this.#ports.delete(name);
    }
  }
}

/** Adds to a sum; a sum of nothing is not kept. */
export function raise<K>(sums: Map<K, number>, name: K, by: number): void {
  const sum = (sums.get(name) ?? 0) + by;
  if (sum === 0) sums.delete(name);
  else sums.set(name, sum);
}

/** An image name with its tag spelled out, as nodes report it. */
export function normalImage(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}
