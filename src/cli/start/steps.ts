import { node } from '../../kinds/index.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import { isTrue } from '../../meta/condition.ts';
import { CommandError, messageOf } from '../command.ts';
import type { ClusterEdge, EngineFacts, StartStep } from '../edges.ts';
import type { Access } from '../kubeconfig/entries.ts';
import { openServer } from '../server.ts';

/** What is going on in each step, for people who wait. */
export const doing: Readonly<Record<StartStep, string>> = {
  engine: 'connecting to the Docker Engine',
  store: 'opening the store',
  api: 'starting the API server',
  node: 'starting the node',
  services: 'starting Services and DNS',
};

export const engineLine = (edge: ClusterEdge, { version, operatingSystem }: EngineFacts): string =>
  `Docker Engine ${version} at ${edge.engineHost}${operatingSystem ? ` (${operatingSystem})` : ''}`;

/** Asks the engine; one that does not answer is the user's to start. */
export async function engineOf(edge: ClusterEdge): Promise<string> {
  try {
    return engineLine(edge, await edge.engine());
  } catch (error) {
    throw withoutEngine(error);
  }
}

export const withoutEngine = (cause: unknown): CommandError =>
  new CommandError(`${messageOf(cause)}\nnode docker/setup/engine.mjs installs or starts one; peapod doctor tells more`, { cause });

/** How long a node may take to be Ready after all parts run. */
const patience = 30_000;

/** Resolves with the names of the nodes when all are Ready; undefined when they do not become so. */
export async function readyNodes(access: Access, clock: Clock): Promise<string[] | undefined> {
  const server = openServer(access);
  const began = clock.now();
  try {
    while (clock.now() - began < patience) {
      const { items } = await server.client.list(node);
      if (items.length > 0 && items.every((it) => isTrue(it.status?.conditions, 'Ready'))) return items.map((it) => it.metadata.name);
      await sleep(clock, 50);
    }
    return undefined;
  } finally {
    server.close();
  }
}
