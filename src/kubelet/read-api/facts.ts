import { readFile, statfs } from 'node:fs/promises';
import { basename } from 'node:path';
import type { core } from '../../kinds/index.ts';
import type { ContainerState, Usage } from '../../runtime/index.ts';
import { label } from '../names.ts';
import { isSandbox } from '../observed.ts';
import type { Rate, Sample } from '../usage/index.ts';

/** What the node can say of itself and its pods at a time. */
export type Facts = {
  nodeName: string;
  at: number;
  startedAt: number;
  cpus: number;
  memoryBytes: number;
  /** Undefined when the engine is on another host. */
  host: { cpuNanoseconds: number; memoryBytes: number } | undefined;
  rate: Rate;
  disk: Disk;
  pods: PodFacts[];
};
export type Disk = { capacityBytes: number; availableBytes: number; inodes: number; inodesFree: number };
export type PodFacts = { pod: core.Pod; containers: ContainerFacts[]; network: Interface[] };
export type ContainerFacts = { name: string; state: ContainerState; usage: Usage; nanocores: number | undefined };
export type Interface = { name: string; rxBytes: number; rxErrors: number; txBytes: number; txErrors: number };

type Seen = {
  nodeName: string;
  startedAt: number;
  cpus: number;
  memoryBytes: number;
  rootDir: string;
  sharesHost: boolean;
  pods: readonly core.Pod[];
  containersOf(uid: string): readonly ContainerState[];
  sample: Sample;
  rates: { node: Rate; pods: ReadonlyArray<{ uid: string; containers: ReadonlyArray<Rate & { name: string }> }> };
};

export async function gatherFacts(seen: Seen): Promise<Facts> {
  const { sample, rates, rootDir } = seen;
  const rateOf = (uid: string, name: string): number | undefined =>
    rates.pods.find((it) => it.uid === uid)?.containers.find((it) => it.name === name)?.nanocores;
  const podFacts = async (pod: core.Pod): Promise<PodFacts> => {
    const { uid } = pod.metadata;
    const states = seen.containersOf(uid);
    const sandbox = states.find((it) => isSandbox(it) && it.status === 'running');
    const containers = states.flatMap((state) => {
      const name = state.labels[label.container] ?? '';
      const usage = sample.containers.get(state.id)?.usage;
      return usage ? [{ name, state, usage, nanocores: rateOf(uid, name) }] : [];
    });
    const hasOwn = seen.sharesHost && sandbox && !pod.spec.hostNetwork;
    return { pod, containers, network: hasOwn ? await interfacesOf(sandbox.pid) : [] };
  };
  const [disk, pods] = await Promise.all([diskOf(rootDir), Promise.all(seen.pods.map(podFacts))]);
  return {
    ...{ nodeName: seen.nodeName, at: sample.at, startedAt: seen.startedAt, cpus: seen.cpus, memoryBytes: seen.memoryBytes },
    ...{ host: sample.host, rate: rates.node, disk, pods },
  };
}

async function diskOf(dir: string): Promise<Disk> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(dir);
  return { capacityBytes: bsize * blocks, availableBytes: bsize * bavail, inodes: files, inodesFree: ffree };
}

async function interfacesOf(pid: number): Promise<Interface[]> {
  // The sandbox may end meanwhile.
  return interfacesIn(await readFile(`/proc/${pid}/net/dev`, 'utf8').catch(() => ''));
}

/** Reads /proc/net/dev; loopback does not count. */
export function interfacesIn(text: string): Interface[] {
  return text.split('\n').flatMap((line) => {
    const [, name, numbers] = /^\s*([^:|\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || numbers === undefined || name === 'lo') return [];
    const [rxBytes = 0, , rxErrors = 0, , , , , , txBytes = 0, , txErrors = 0] = numbers.split(/\s+/).map(Number);
    return [{ name: basename(name), rxBytes, rxErrors, txBytes, txErrors }];
  });
}
