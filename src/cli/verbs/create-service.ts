import { CommandError } from '../command.ts';
import { number, text, texts } from '../grammar/flags.ts';
import { type CreateContext, createFlags, createMade, oneName } from './create-from.ts';
import { verb } from './verb.ts';

type ServicePort = { name: string; port: number; protocol: string; targetPort: number | string; nodePort?: number };

/** `5678:8080`, `5678`, or `5678:name`. */
function portOf(given: string): ServicePort {
  const parts = given.split(':');
  const [from = '', to = from] = parts;
  if (parts.length > 2) throw new CommandError(`${given} is not a valid port specification`);
  if (!/^\d+$/.test(from)) throw new CommandError(`strconv.ParseUint: parsing ${JSON.stringify(from)}: invalid syntax`);
  const port = Number(from);
  if (port > 65535) throw new CommandError(`strconv.ParseUint: parsing ${JSON.stringify(from)}: value out of range`);
  return { name: given.replace(':', '-'), port, protocol: 'TCP', targetPort: /^\d+$/.test(to) ? Number(to) : to };
}

async function create(
  context: CreateContext,
  type: string,
  more: { tcp?: readonly string[] | undefined; spec?: object; nodePort?: number | undefined },
): Promise<number> {
  const name = oneName(context, `create service ${type.toLowerCase()}`);
  const ports = (more.tcp ?? []).map(portOf).map((it) => ({ ...it, ...(more.nodePort && { nodePort: more.nodePort }) }));
  const isHeadless = (more.spec as { clusterIP?: string } | undefined)?.clusterIP === 'None';
  if (ports.length === 0 && type !== 'ExternalName' && !isHeadless)
    throw new CommandError('at least one tcp port specifier must be provided');
  const labels = { app: name };
  const spec = { ...(ports.length > 0 && { ports }), selector: labels, type, ...more.spec };
  await createMade(context, { apiVersion: 'v1', kind: 'Service', metadata: { labels, name }, spec, status: { loadBalancer: {} } });
  return 0;
}

const tcp = texts('Ports: port[:targetPort]');

const clusterIp = verb({
  name: 'clusterip',
  summary: 'Create a ClusterIP service',
  usage: 'NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]',
  flags: { ...createFlags, tcp, clusterip: text('The address, or None for a headless service') },
  run: (context) =>
    create(context, 'ClusterIP', {
      tcp: context.flags.tcp,
      spec: { ...(context.flags.clusterip && { clusterIP: context.flags.clusterip }) },
    }),
});
const nodePort = verb({
  name: 'nodeport',
  summary: 'Create a NodePort service',
  usage: 'NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
  flags: { ...createFlags, tcp, nodePort: number('The port on the nodes') },
  run: (context) => create(context, 'NodePort', { tcp: context.flags.tcp, nodePort: context.flags.nodePort }),
});
const loadBalancer = verb({
  name: 'loadbalancer',
  summary: 'Create a LoadBalancer service',
  usage: 'NAME [--tcp=port:targetPort] [--dry-run=server|client|none]',
  flags: { ...createFlags, tcp },
  run: (context) => create(context, 'LoadBalancer', { tcp: context.flags.tcp }),
});
const externalName = verb({
  name: 'externalname',
  summary: 'Create an ExternalName service',
  usage: 'NAME --external-name external.name [--dry-run=server|client|none]',
  flags: { ...createFlags, tcp, externalName: text('The name it stands for', { required: true }) },
  async run(context) {
    const { externalName: name = '' } = context.flags;
    if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name))
      throw new CommandError(`invalid service external name ${name}`);
    return create(context, 'ExternalName', { tcp: context.flags.tcp, spec: { externalName: name } });
  },
});

export const createService = verb({
  name: 'service',
  aliases: ['svc'],
  summary: 'Create a service of one of these types',
  usage: '(clusterip | externalname | loadbalancer | nodeport)',
  flags: {},
  children: [clusterIp, externalName, loadBalancer, nodePort],
});
