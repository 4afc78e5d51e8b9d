import type { core } from '../kinds/index.ts';
import type { NamespaceLabels } from './affinity-term.ts';
import { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** What a decision is made from. */
export interface ClusterView {
  readonly nodes: readonly NodeInfo[];
  node(name: string): NodeInfo | undefined;
  /** Nodes with pods that have wishes about the company of a newcomer. */
  readonly nodesWithAffinity: Iterable<NodeInfo>;
  /** Nodes with pods that others must be kept away from. */
  readonly nodesKeepingAway: Iterable<NodeInfo>;
  namespaceLabels: NamespaceLabels;
}

type Place = { info: PodInfo; node: string; isAssumed: boolean };

/**
 * All nodes with their pods: those seen bound, and those decided but not seen bound yet (assumed). Every change costs the
 * same, however many pods there are.
 */
export class Cluster implements ClusterView {
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #places = new Map<string, Place>();
  readonly #withAffinity = new Set<NodeInfo>();
  readonly #keepingAway = new Set<NodeInfo>();
  readonly namespaceLabels: NamespaceLabels;
  #all: readonly NodeInfo[] | undefined;

  constructor(namespaceLabels: NamespaceLabels) {
    this.namespaceLabels = namespaceLabels;
  }

  get nodes(): readonly NodeInfo[] {
    this.#all ??= [...this.#nodes.values()].filter((it) => it.node);
    return this.#all;
  }

  get nodesWithAffinity(): Iterable<NodeInfo> {
    return this.#withAffinity;
  }

  get nodesKeepingAway(): Iterable<NodeInfo> {
    return this.#keepingAway;
  }

  node(name: string): NodeInfo | undefined {
    const info = this.#nodes.get(name);
    return info?.node && info;
  }

  setNode(node: core.Node): void {
    this.#of(node.metadata.name).node = node;
    this.#all = undefined;
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (!info) return;
    info.node = undefined;
    this.#all = undefined;
    this.#tidy(info);
  }

  /** A pod as it was seen on its node; ends what was assumed of it. */
  place(info: PodInfo, node: string): void {
    this.#put({ info, node, isAssumed: false });
  }

  /** Counts a pod on the node it is about to be bound to. */
  assume(info: PodInfo, node: string): void {
    this.#put({ info, node, isAssumed: true });
  }

  /** The binding failed. What was seen bound meanwhile stays. */
  forget(uid: string): void {
    if (this.#places.get(uid)?.isAssumed) this.remove(uid);
  }

  remove(uid: string): boolean {
    const place = this.#places.get(uid);
    if (!place) return false;
    this.#places.delete(uid);
    const node = this.#nodes.get(place.node);
    if (node) {
      node.remove(uid);
      this.#tidy(node);
    }
    return true;
  }

  /** Where a pod is, and whether that was seen or is assumed. */
  placeOf(uid: string): { node: string; isAssumed: boolean } | undefined {
    return this.#places.get(uid);
  }

  #put(place: Place): void {
    const before = this.#places.get(place.info.uid);
    if (before && before.node !== place.node) this.remove(place.info.uid);
    this.#places.set(place.info.uid, place);
    const node = this.#of(place.node);
    node.add(place.info);
    this.#index(node);
  }

  #of(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (!info) {
      info = new NodeInfo(name);
      this.#nodes.set(name, info);
    }
    return info;
  }

  #index(node: NodeInfo): void {
    if (node.withAffinity.size > 0) this.#withAffinity.add(node);
    else this.#withAffinity.delete(node);
    if (node.keepingAway.size > 0) this.#keepingAway.add(node);
    else this.#keepingAway.delete(node);
  }

  #tidy(node: NodeInfo): void {
    this.#index(node);
    if (!node.node && node.pods.size === 0) this.#nodes.delete(node.name);
  }
}
