import { serviceAccount } from '../../kinds/index.ts';
import { sleep } from '../../lib/clock.ts';
import { command, CommandError } from '../command.ts';
import { ask } from '../demo/ask.ts';
import { applyObject } from '../demo/apply.ts';
import { nextCommands, questions } from '../demo/questions.ts';
import { readDemos } from '../demo/read.ts';
import { waitUntilReady } from '../demo/wait.ts';
import type { Show } from '../demo/tree.ts';
import { readAccess } from '../files.ts';
import type { Io } from '../io.ts';
import type { Access } from '../kubeconfig/entries.ts';
import { openServer, type Server } from '../server.ts';

export const demo = command({
  name: 'demo',
  summary: 'Apply the demos to a running cluster, and ask them whether they work',
  details: 'What is there already is left as it is. Ends with 0 when every demo has answered.',
  settings: 'which',
  flags: {},
  async run({ edges, io, cluster }) {
    const edge = await cluster();
    const access = await readAccess(edge);
    if (!access) throw new CommandError(`cluster "${edge.name}" does not run: start it with peapod up --detach`);
    const server = openServer(access);
    try {
      await accountsReady(server, io);
      const shows = await applyDemos(edges.manifests, server, io);
      io.print('');
      const faults = await waitUntilReady(server, shows, io);
      for (const fault of faults) io.tell(`✗ ${fault}`);
      if (faults.length > 0) throw new CommandError('the demos do not become ready; kubectl describe tells more');
      io.print('');
      const answered = await askAll(access, server, io);
      if (!answered) throw new CommandError('not every demo answers');
      io.print('');
      io.print('Try next:');
      for (const it of nextCommands) io.print(`  ${it}`);
      return 0;
    } finally {
      server.close();
    }
  },
});

/** A Pod without an owner is refused until its namespace has its account: in a new cluster a matter of moments. */
async function accountsReady({ client }: Server, io: Io): Promise<void> {
  for (let tried = 0; tried < 100; tried++) {
    if (await client.get(serviceAccount, { namespace: 'default', name: 'default' })) return;
    await sleep(io.clock, 100);
  }
  throw new CommandError('the namespace default does not get its ServiceAccount; peapod status tells more');
}

async function applyDemos(manifests: string, server: Server, io: Io): Promise<Show[]> {
  const shows: Show[] = [];
  for (const { name, objects } of await readDemos(manifests)) {
    const workloads: Array<Show['workloads'][number]> = [];
    const outcomes: string[] = [];
    for (const object of objects) {
      const applied = await applyObject(server.client, object);
      outcomes.push(`${applied.kind.singular}/${applied.name} ${applied.outcome}`);
      if (applied.kind.kind === 'Deployment' || applied.kind.kind === 'Pod')
        workloads.push({ kind: applied.kind.kind, namespace: applied.namespace ?? '', name: applied.name });
    }
    io.print(`✓ ${name}: ${outcomes.join(', ')}`);
    shows.push({ demo: name, workloads });
  }
  return shows;
}

async function askAll(access: Access, server: Server, io: Io): Promise<boolean> {
  let all = true;
  for (const question of questions) {
    const { asked, ok, text } = await ask(question, access, server, io.clock);
    io.print(`${ok ? '✓' : '✗'} ${question.demo.padEnd(17)}$ ${asked}`);
    io.print(`  ${''.padEnd(17)}${text}`);
    all &&= ok;
  }
  return all;
}
