import type { LabelSelector } from '../../meta/types.ts';
import { CommandError } from '../command.ts';
import { throwAll } from '../faults.ts';
import { number, text } from '../grammar/flags.ts';
import type { AnyObject } from '../resources/index.ts';
import { createFlags, createMade } from './create-from.ts';
import { fileFlags } from './flag-sets.ts';
import { type Selected, select } from './selection.ts';
import { labelsMap } from './labels-map.ts';
import { verb } from './verb.ts';

export const expose = verb({
  name: 'expose',
  summary: 'Make a service for a deployment, replica set, pod or service',
  usage:
    '(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]',
  completes: 'resources',
  flags: {
    ...createFlags,
    ...fileFlags,
    port: text('Port of the service; several with commas'),
    targetPort: text('Number or name of the port of the container'),
    protocol: text('TCP, UDP or SCTP (default TCP)'),
    name: text('Name of the service (default that of the object)'),
    type: text('ClusterIP, NodePort, LoadBalancer or ExternalName'),
    labels: text('Labels of the service', { short: 'l' }),
    selector: text('Selector of the service'),
    externalIp: text('An address more'),
    loadBalancerIp: text('Address of the load balancer'),
    clusterIp: text('Address in the cluster, or None'),
    sessionAffinity: text('None or ClientIP'),
    containerPort: number('Old name of --target-port', { hidden: true }),
    overrides: text('Not supported', { hidden: true }),
  },
  async run(context) {
    const { flags: given } = context;
    if (given.overrides !== undefined) throw new CommandError('--overrides is not supported: use -o yaml and apply -f -');
    const { found, faults } = await select(context, { filename: given.filename, kustomize: given.kustomize, recursive: given.recursive });
    if (given.sessionAffinity && !['None', 'ClientIP'].includes(given.sessionAffinity))
      throw new CommandError(`unknown session affinity: ${given.sessionAffinity}`);
    for (const it of found) {
      try {
        await createMade(context, serviceFor(it, given), { did: 'exposed' });
      } catch (error) {
        faults.push(error);
      }
    }
    throwAll(faults);
    return 0;
  },
});

type Given = {
  port?: string | undefined;
  targetPort?: string | undefined;
  protocol?: string | undefined;
  name?: string | undefined;
  type?: string | undefined;
  labels?: string | undefined;
  selector?: string | undefined;
  externalIp?: string | undefined;
  loadBalancerIp?: string | undefined;
  clusterIp?: string | undefined;
  sessionAffinity?: string | undefined;
};

function serviceFor(it: Selected, given: Given) {
  const object = it.object as AnyObject;
  const ports = portsFor(object, given);
  const labels = given.labels === undefined ? object.metadata.labels : labelsMap(given.labels);
  const name = (given.name ?? object.metadata.name).slice(0, 63);
  const spec = {
    ports,
    selector: given.selector === undefined ? selectorOf(it, object) : labelsMap(given.selector),
    ...(given.type && { type: given.type }),
    ...(given.clusterIp && { clusterIP: given.clusterIp }),
    ...(given.externalIp && { externalIPs: [given.externalIp] }),
    ...(given.loadBalancerIp && { loadBalancerIP: given.loadBalancerIp }),
    ...(given.sessionAffinity && { sessionAffinity: given.sessionAffinity }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...(labels && Object.keys(labels).length > 0 && { labels }), name },
    spec,
    status: { loadBalancer: {} },
  };
}

type Spec = {
  selector?: LabelSelector | Record<string, string>;
  ports?: Array<{ port: number; protocol?: string }>;
  containers?: Containers;
  template?: { spec?: { containers?: Containers } };
};
type Containers = Array<{ ports?: Array<{ containerPort: number; protocol?: string }> }>;

function selectorOf({ resource }: Selected, object: AnyObject): Record<string, string> {
  const spec = (object.spec ?? {}) as Spec;
  switch (resource.plural) {
    case 'pods': {
      const labels = object.metadata.labels ?? {};
      if (Object.keys(labels).length === 0) throw new CommandError('the pod has no labels and cannot be exposed');
      return labels;
    }
    case 'services':
    case 'replicationcontrollers':
      if (!spec.selector)
        throw new CommandError(
          resource.plural === 'services' ? 'the service has no pod selector set' : 'the replication controller has no pod selector set',
        );
      return spec.selector as Record<string, string>;
    case 'deployments':
    case 'replicasets': {
      const { matchLabels = {}, matchExpressions = [] } = spec.selector as LabelSelector;
      if (matchExpressions.length > 0)
        throw new CommandError(`couldn't convert expressions - "${JSON.stringify(matchExpressions)}" to map-based selector format`);
      return matchLabels;
    }
    default:
      throw new CommandError(`cannot expose a ${resource.kind}${resource.group ? `.${resource.group}` : ''}`);
  }
}

function portsFor(object: AnyObject, given: Given) {
  const spec = (object.spec ?? {}) as Spec;
  const containers = spec.containers ?? spec.template?.spec?.containers ?? [];
  const seen = [
    ...(spec.ports ?? []).map((it) => ({ port: it.port, protocol: it.protocol ?? 'TCP' })),
    ...containers.flatMap((it) => it.ports ?? []).map((it) => ({ port: it.containerPort, protocol: it.protocol ?? 'TCP' })),
  ];
  const typed = (given.port ?? '').split(',').filter((it) => it !== '');
  const numbers = typed.length > 0 ? typed.map(numberOf) : [...new Set(seen.map((it) => it.port))];
  if (numbers.length === 0) throw new CommandError("couldn't find port via --port flag or introspection");
  const ports = numbers.flatMap((port) => {
    const protocols = given.protocol ? [given.protocol] : [...new Set(seen.filter((it) => it.port === port).map((it) => it.protocol))];
    return (protocols.length > 0 ? protocols : ['TCP']).map((protocol) => ({ port, protocol }));
  });
  const target = given.targetPort;
  return ports.map(({ port, protocol }, i) => ({
    ...(ports.length > 1 && { name: `port-${i + 1}` }),
    port,
    protocol,
    targetPort: target === undefined ? port : /^\d+$/.test(target) ? Number(target) : target,
  }));
}

function numberOf(text: string): number {
  if (!/^\d+$/.test(text)) throw new CommandError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
