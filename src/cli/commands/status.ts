import { age, type core, node, pod } from '../../kinds/index.ts';
import { isTrue } from '../../meta/condition.ts';
import { command, CommandError, contextNameOf, messageOf } from '../command.ts';
import type { ClusterEdge } from '../edges.ts';
import { readAccess } from '../files.ts';
import { runningProcess } from '../process/pid-file.ts';
import { openServer, type Server } from '../server.ts';

export const status = command({
  name: 'status',
  summary: 'Tell how a cluster is',
  details: 'Ends with 1 when it does not run or is not ready.',
  settings: 'which',
  flags: {},
  async run({ io, cluster }) {
    const edge = await cluster();
    const line = (title: string, text: string): void => io.print(`${`${title}:`.padEnd(13)}${text}`);
    const record = await runningProcess(edge.dataDir);
    const since = record && age(record.startedAt, io.clock.now());
    line('Cluster', `${edge.name} (${record ? `running for ${since}, process ${record.pid}` : 'not running'})`);
    line('Engine', await engineText(edge));
    line('Data', edge.dataDir);
    const access = record && (await readAccess(edge));
    if (!record) {
      io.tell(`error: cluster "${edge.name}" does not run: start it with peapod up`);
      return 1;
    }
    if (!record.url || !access) throw new CommandError(`cluster "${edge.name}" is still starting${record.step ? ` (${record.step})` : ''}`);
    const server = openServer(access);
    try {
      const { ready, text } = await readiness(server);
      line('API server', `${access.url} (${text})`);
      const nodes = (await server.client.list(node)).items;
      for (const it of nodes) line('Node', nodeText(it));
      const planes = new Set(nodes.flatMap((it) => it.metadata.annotations?.[planeAnnotation] ?? []));
      if (planes.size > 0) line('Services', `carried by ${[...planes].join(', ')}`);
      line('Pods', podsText((await server.client.list(pod)).items));
      line('Context', contextNameOf(edge.name));
      return ready ? 0 : 1;
    } finally {
      server.close();
    }
  },
});

/** The proxy writes it on its node. */
const planeAnnotation = 'peapod.dev/data-plane';

async function engineText(edge: ClusterEdge): Promise<string> {
  try {
    const { version, apiVersion } = await edge.engine();
    return `Docker ${version}, API ${apiVersion}, at ${edge.engineHost}`;
  } catch (error) {
    return messageOf(error);
  }
}

/** Ready, or the checks that fail, as /readyz words them: `[-]kubelet failed: …`. */
async function readiness(server: Server): Promise<{ ready: boolean; text: string }> {
  const [version, readyz] = await Promise.all([server.get('/version'), server.get('/readyz?verbose')]);
  const { gitVersion = 'unknown' } = JSON.parse(version.text) as { gitVersion?: string };
  if (readyz.code === 200) return { ready: true, text: `${gitVersion}, ready` };
  const failing = readyz.text.split('\n').filter((it) => it.startsWith('[-]'));
  return { ready: false, text: `${gitVersion}, not ready: ${failing.map((it) => it.slice(3)).join('; ') || readyz.text.trim()}` };
}

function nodeText(it: core.Node): string {
  const ready = it.status?.conditions?.find((condition) => condition.type === 'Ready');
  const address = it.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
  const state = isTrue(it.status?.conditions, 'Ready') ? 'Ready' : `NotReady${ready?.message ? `: ${ready.message}` : ''}`;
  return `${it.metadata.name} (${[state, it.status?.nodeInfo?.kubeletVersion, address].filter(Boolean).join(', ')})`;
}

/** `14: 12 Running, 2 Pending` */
function podsText(pods: readonly core.Pod[]): string {
  const counts = new Map<string, number>();
  for (const it of pods) counts.set(it.status?.phase ?? 'Pending', (counts.get(it.status?.phase ?? 'Pending') ?? 0) + 1);
  const parts = [...counts].map(([phase, n]) => `${n} ${phase}`);
  return parts.length > 0 ? `${pods.length}: ${parts.join(', ')}` : 'none';
}
