import { milliValue, quantityNumber } from '../../meta/quantity.ts';
import { CommandError } from '../command.ts';
import { onOff, text } from '../grammar/flags.ts';
import { renderLines } from '../printers/index.ts';
import { type AnyObject, findResource, getObject, listObjects, type Resource, resourceNamed } from '../resources/index.ts';
import type { Session } from './session.ts';
import { type VerbContext, verb } from './verb.ts';

type Usage = { cpu?: string; memory?: string };
type NodeMetrics = AnyObject & { usage: Usage };
type PodMetrics = AnyObject & { containers: Array<{ name: string; usage: Usage }> };

const common = {
  selector: text('Label selector', { short: 'l' }),
  noHeaders: onOff('Leave out the headers'),
  sortBy: text('cpu or memory'),
  useProtocolBuffers: onOff('Taken and ignored', { hidden: true }),
} as const;

async function metrics(session: Session, plural: string): Promise<Resource> {
  const found = findResource(await session.served(), `${plural}.metrics.k8s.io`);
  if (found?.group !== 'metrics.k8s.io') throw new CommandError('Metrics API not available');
  return found;
}

const cpuText = (milli: number): string => `${milli}m`;
const memoryText = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)}Mi`;

type Row = { cells: string[]; name: string; cpu: number; memory: number };

function checkOrder(by: string | undefined): void {
  if (by !== undefined && by !== '' && by !== 'cpu' && by !== 'memory') throw new CommandError('--sort-by accepts only cpu or memory');
}

function inOrder(rows: Row[], by: string | undefined): Row[] {
  return rows.sort((a, b) => (by === 'cpu' ? b.cpu - a.cpu : by === 'memory' ? b.memory - a.memory : a.name < b.name ? -1 : 1));
}

const topNode = verb({
  name: 'node',
  aliases: ['nodes', 'no'],
  summary: 'Show what nodes use of processor and memory',
  usage: '[NAME | -l label]',
  completes: 'nodes',
  flags: { ...common, showCapacity: onOff('Percentages of capacity instead of what is allocatable') },
  async run(context) {
    const { flags: given, args, io } = context;
    if (args.length > 1) throw new CommandError("node [NAME | -l label]\nSee 'peapod top node -h' for help and examples");
    checkOrder(given.sortBy);
    const session = context.session();
    const resource = await metrics(session, 'nodes');
    const items = (await itemsOf(context, resource, undefined, args[0])) as NodeMetrics[];
    const nodes = (await listObjects(session.requests, resourceNamed(await session.served(), 'nodes'), undefined)).items;
    const rows = items.map((it) => {
      const status = (nodes.find(({ metadata }) => metadata.name === it.metadata.name)?.status ?? {}) as {
        allocatable?: Usage;
        capacity?: Usage;
      };
      const room = (given.showCapacity ? status.capacity : status.allocatable) ?? {};
      const [cpu, memory] = [milliValue(it.usage.cpu ?? '0'), quantityNumber(it.usage.memory ?? '0')];
      const percent = (used: number, of: number): string => (of > 0 ? `${Math.floor((used / of) * 100)}%` : '<unknown>');
      return {
        name: it.metadata.name,
        cpu,
        memory,
        cells: [
          it.metadata.name,
          cpuText(cpu),
          percent(cpu, milliValue(room.cpu ?? '0')),
          memoryText(memory),
          percent(memory, quantityNumber(room.memory ?? '0')),
        ],
      };
    });
    const header = given.noHeaders ? [] : [['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)']];
    io.write(renderLines([...header, ...inOrder(rows, given.sortBy).map((it) => it.cells)]));
    return 0;
  },
});

const podFlags = {
  ...common,
  allNamespaces: onOff('In all namespaces', { short: 'A' }),
  containers: onOff('Of each container'),
  sum: onOff('With the sum below'),
  fieldSelector: text('Field selector'),
} as const;

const topPod = verb({
  name: 'pod',
  aliases: ['pods', 'po'],
  summary: 'Show what pods use of processor and memory',
  usage: '[NAME | -l label]',
  completes: 'pods',
  flags: podFlags,
  async run(context) {
    const { flags: given, args, io } = context;
    if (args.length > 1) throw new CommandError("pod [NAME | -l label]\nSee 'peapod top pod -h' for help and examples");
    checkOrder(given.sortBy);
    const session = context.session();
    const resource = await metrics(session, 'pods');
    const items = (await itemsOf(
      context,
      resource,
      given.allNamespaces ? undefined : session.namespace,
      args[0],
      given.fieldSelector,
    )) as PodMetrics[];
    if (items.length === 0) {
      io.tell(given.allNamespaces ? 'No resources found' : `No resources found in ${session.namespace} namespace.`);
      return 0;
    }
    const rows = inOrder(
      items.flatMap((it) => rowsOf(it, given.containers === true, given.allNamespaces === true)),
      given.sortBy,
    );
    const head = [...(given.allNamespaces ? ['NAMESPACE'] : []), ...(given.containers ? ['POD', 'NAME'] : ['NAME'])];
    const lines = rows.map((it) => it.cells);
    if (given.sum) {
      const total = (pick: (row: Row) => number): number => rows.reduce((sum, it) => sum + pick(it), 0);
      const blank = head.map(() => '');
      lines.push([...blank, '________', '________'], [...blank, cpuText(total((it) => it.cpu)), memoryText(total((it) => it.memory))]);
    }
    io.write(renderLines(given.noHeaders ? lines : [[...head, 'CPU(cores)', 'MEMORY(bytes)'], ...lines]));
    return 0;
  },
});

function rowsOf(it: PodMetrics, apart: boolean, withNamespace: boolean): Row[] {
  const used = it.containers.map(({ name, usage }) => ({
    name,
    cpu: milliValue(usage.cpu ?? '0'),
    memory: quantityNumber(usage.memory ?? '0'),
  }));
  const start = withNamespace ? [it.metadata.namespace ?? ''] : [];
  const sum = (pick: (one: (typeof used)[number]) => number): number => used.reduce((all, one) => all + pick(one), 0);
  const rows = apart ? used : [{ name: '', cpu: sum((one) => one.cpu), memory: sum((one) => one.memory) }];
  return rows.map(({ name, cpu, memory }) => ({
    name: `${it.metadata.namespace}/${it.metadata.name}/${name}`,
    cpu,
    memory,
    cells: [...start, it.metadata.name, ...(apart ? [name] : []), cpuText(cpu), memoryText(memory)],
  }));
}

async function itemsOf(
  context: VerbContext<typeof common>,
  resource: Resource,
  namespace: string | undefined,
  name: string | undefined,
  fieldSelector?: string,
): Promise<AnyObject[]> {
  const { flags: given } = context;
  const { requests } = context.session();
  if (name !== undefined && given.selector !== undefined) throw new CommandError('only one of NAME or selector can be provided');
  if (name !== undefined) return [await getObject(requests, { resource, namespace, name })];
  return (await listObjects(requests, resource, namespace, { labelSelector: given.selector, fieldSelector })).items;
}

export const top = verb({
  name: 'top',
  summary: 'Show what nodes and pods use of processor and memory',
  usage: 'SUBCOMMAND',
  flags: {},
  children: [topNode, topPod],
});
