import { isIP } from 'node:net';
import type { core } from '../../kinds/index.ts';
import { CommandError } from '../command.ts';
import { duration, texts } from '../grammar/flags.ts';
import { getObject, meantBy } from '../resources/index.ts';
import { forwardPort, type Forwarding, type Ports } from '../streams/index.ts';
import { podNamed } from './pod-named.ts';
import type { Session } from './session.ts';
import { verb } from './verb.ts';

export const portForward = verb({
  name: 'port-forward',
  summary: 'Forward local ports to a pod',
  usage: 'TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  completes: 'pods',
  flags: {
    address: texts('Addresses to listen on (default localhost)'),
    podRunningTimeout: duration('Taken and ignored', { hidden: true }),
  },
  async run(context) {
    const { flags: given, args, io } = context;
    const [word, ...specs] = args;
    if (word === undefined || specs.length === 0)
      throw new CommandError(
        "TYPE/NAME and list of ports are required for port-forward\nSee 'peapod port-forward -h' for help and examples",
      );
    const odd = given.address?.find((it) => it !== 'localhost' && isIP(it) === 0);
    if (odd !== undefined) throw new CommandError(`${odd} is not a valid IP`);
    const session = context.session();
    const pod = await podNamed(session, word);
    if (pod.status?.phase !== 'Running')
      throw new CommandError(`unable to forward port because pod is not running. Current status=${pod.status?.phase ?? ''}`);
    const service = await serviceMeant(session, word);
    const ports = specs.map((it) => portsOf(it, pod, service));
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/portforward`;
    const stopped = io.interrupted();
    const open: Forwarding[] = [];
    try {
      for (const it of ports) {
        for (const address of addressesOf(given.address)) {
          const forwarding = await forwardPort(session.requests.login, path, address, it, {
            handling: (port) => io.print(`Handling connection for ${port || it.local}`),
            failed: (text) => io.tell(text),
          });
          open.push(forwarding);
          io.print(`Forwarding from ${address.includes(':') ? `[${address}]` : address}:${forwarding.port} -> ${it.remote}`);
        }
      }
      await new Promise<void>((resolve) => {
        if (stopped.aborted) resolve();
        stopped.addEventListener('abort', () => resolve(), { once: true });
      });
      return 0;
    } finally {
      for (const it of open) it.close();
    }
  },
});

/** `localhost` is both of its addresses for kubectl; the second is left where there is none. */
const addressesOf = (given: readonly string[] = ['localhost']): string[] => given.map((it) => (it === 'localhost' ? '127.0.0.1' : it));

async function serviceMeant(session: Session, word: string): Promise<core.Service | undefined> {
  if (!word.includes('/')) return undefined;
  const meant = meantBy([word], await session.served());
  const target = meant.by === 'name' ? meant.targets[0] : undefined;
  if (target?.resource.plural !== 'services') return undefined;
  return (await getObject(session.requests, session.target(target.resource, target.name))) as unknown as core.Service;
}

/** `8080:80`, `:80`, `80` or names. A service's port is the pod's that it leads to. */
function portsOf(spec: string, pod: core.Pod, service: core.Service | undefined): Ports {
  const parts = spec.split(':');
  if (parts.length > 2) throw new CommandError(`invalid port format '${spec}'`);
  const [first = '', second] = parts;
  const remoteWord = second ?? first;
  if (second === undefined && /^\d+$/.test(first)) numberOf(first, 'local');
  const remote = remoteOf(remoteWord, pod, service);
  const local =
    second === undefined ? (service && /^\d+$/.test(first) ? Number(first) : remote) : first === '' ? 0 : numberOf(first, 'local');
  return { local, remote };
}

function remoteOf(word: string, pod: core.Pod, service: core.Service | undefined): number {
  if (!service) return /^\d+$/.test(word) ? numberOf(word, 'remote') : namedPort(word, pod);
  const port = service.spec.ports?.find((it) => it.name === word || String(it.port) === word);
  if (!port) throw new CommandError(`Service ${service.metadata.name} does not have a service port ${word}`);
  if (service.spec.clusterIP === 'None') return port.port;
  const target = port.targetPort ?? port.port;
  return typeof target === 'number' ? target : namedPort(target, pod);
}

function namedPort(name: string, pod: core.Pod): number {
  const found = pod.spec.containers.flatMap((it) => it.ports ?? []).find((it) => it.name === name);
  if (!found) throw new CommandError(`Pod '${pod.metadata.name}' does not have a named port '${name}'`);
  return found.containerPort;
}

function numberOf(text: string, which: string): number {
  const fault = !/^\d+$/.test(text) ? 'invalid syntax' : Number(text) > 65535 ? 'value out of range' : undefined;
  if (fault) throw new CommandError(`error parsing ${which} port '${text}': strconv.ParseUint: parsing ${JSON.stringify(text)}: ${fault}`);
  if (which === 'remote' && Number(text) === 0) throw new CommandError('remote port must be > 0');
  return Number(text);
}
