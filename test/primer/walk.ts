import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCluster } from '../fixtures/cluster/cluster.ts';
import { type Client, clientsIn, promised } from './client.ts';
import { type Column, compared, follow, turns } from './follow.ts';
import type { Section } from './step.ts';
import { cellsThat, tableOf } from './table.ts';

export type Walk = { columns: ReadonlyMap<string, Column>; wrong: readonly string[]; gaps: readonly string[] };

/** Types all lines with every client, two clients at a time; prints the table and says what could not be tried. */
export async function walk(cluster: TestCluster, sections: readonly Section[], env: NodeJS.ProcessEnv = {}): Promise<Walk> {
  const home = mkdtempSync(join(tmpdir(), 'peapod-primer-'));
  try {
    const clients = clientsIn(home, cluster.kubeconfig);
    const absent = promised.filter((it) => !clients.some(({ name }) => name === it));
    const columns = new Map<string, Column>(clients.map(({ name }) => [name, new Map()]));
    const [alone, queue] = [turns(), [...clients]];
    const took = new Map<string, number>();
    const lane = async (): Promise<void> => {
      for (let client = queue.shift(); client; client = queue.shift()) {
        const began = performance.now();
        columns.set(client.name, await inItsNamespace(client, () => follow(client as Client, sections, alone, env)));
        took.set(client.name, Math.round((performance.now() - began) / 1000));
      }
    };
    await Promise.all([lane(), lane()]);
    const judged = compared(columns, sections);
    const [wrong, gaps, skipped] = (['wrong', 'no such verb', 'no terminal'] as const).map((it) => cellsThat(it, judged)) as [
      string[],
      string[],
      string[],
    ];
    console.log(`\n${tableOf(judged, sections)}\nseconds: ${[...took].map(([name, span]) => `${name} ${span}`).join(', ')}`);
    if (absent.length > 0) console.warn(`!! there is no kubectl ${absent.join(', ')} on this machine: NOT tested with it`);
    for (const it of gaps) console.warn(`!! peapod lacks a verb: NOT tested: ${it}`);
    for (const it of skipped) console.warn(`!! there is no program "script" here: NOT tested: ${it}`);
    return { columns: judged, wrong, gaps };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function inItsNamespace<T>(client: Client, act: () => Promise<T>): Promise<T> {
  const made = await client.type(`kubectl create namespace ${client.namespace}`);
  if (made.code !== 0) throw new Error(`${client.name} cannot make its namespace: ${made.stderr}`);
  const outcome = await act();
  await client.type(`kubectl delete namespace ${client.namespace} --wait=false`);
  return outcome;
}
