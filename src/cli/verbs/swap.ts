import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type core, type Swap, swapAnnotation, swapOf } from '../../kinds/index.ts';
import { seconds, toMicroTime } from '../../lib/clock.ts';
import { CommandError, messageOf } from '../command.ts';
import { text } from '../grammar/flags.ts';
import { createObject, deleteObject, getObject, listObjects, meantBy, patchObject, resourceNamed } from '../resources/index.ts';
import type { Session } from './session.ts';
import { verb } from './verb.ts';

/** A swap that is silent for so long is over; it is said to last three times as often. */
const leaseSeconds = 5;
const renewEvery = seconds(1.5);

export const swap = verb({
  name: 'swap',
  summary: 'Send the traffic of a service to a process on this host, for as long as this command runs',
  usage: 'svc/NAME --to HOST:PORT [--port=name-or-number]',
  completes: 'resources',
  flags: {
    to: text('Where the process listens, such as localhost:3000', { required: true }),
    port: text('The port of the service, where it has several'),
  },
  async run(context) {
    const { flags: given, args, io } = context;
    const [word] = args;
    const to = targetOf(given.to ?? '');
    if (word === undefined) throw new CommandError('the service is not named: peapod swap svc/NAME --to localhost:3000');
    const session = context.session();
    const service = await serviceNamed(session, word);
    const port = portOf(service, given.port);
    const stopped = io.interrupted();
    const relay = await openRelay(session, to);
    const lease = `swap-${service.metadata.name}-${randomBytes(3).toString('hex')}`;
    const swapped: Swap = { port: port.name ?? '', ...relay.place, to: `${to.host}:${to.port}`, lease };
    try {
      await begin(session, service, swapped, () => io.clock.now());
      io.print(`service/${service.metadata.name} swapped: port ${port.port} goes to ${swapped.to} (Ctrl-C gives it back)`);
      while (!stopped.aborted) {
        await pause(io.clock, stopped);
        if (stopped.aborted) break;
        if (!(await renew(session, service, lease, () => io.clock.now())))
          throw new CommandError(`the swap of service/${service.metadata.name} was ended by somebody else`);
      }
      return 0;
    } finally {
      await end(session, service, lease).catch((error: unknown) =>
        io.tell(`the swap was not given back, it ends by itself in ${leaseSeconds} s: ${messageOf(error)}`),
      );
      relay.close();
      if (stopped.aborted) io.print(`service/${service.metadata.name} given back to its pods`);
    }
  },
});

type Address = { host: string; port: number };

/** `localhost:3000`, `:3000` or `3000`. */
function targetOf(given: string): Address {
  const [, host = '', port = ''] = /^(?:(.*):)?(\d+)$/.exec(given) ?? [];
  if (Number(port) < 1 || Number(port) > 65_535)
    throw new CommandError(`--to must be HOST:PORT such as localhost:3000, not ${JSON.stringify(given)}`);
  return { host: host || 'localhost', port: Number(port) };
}

async function serviceNamed(session: Session, word: string): Promise<core.Service> {
  const served = await session.served();
  const meant = meantBy(word.includes('/') ? [word] : ['service', word], served);
  const target = meant.by === 'name' ? meant.targets[0] : undefined;
  if (target?.resource.plural !== 'services') throw new CommandError(`only services can be swapped, not ${word}`);
  return (await getObject(session.requests, session.target(target.resource, target.name))) as unknown as core.Service;
}

function portOf(it: core.Service, asked: string | undefined): core.ServicePort {
  const { name } = it.metadata;
  if (Object.keys(it.spec.selector ?? {}).length === 0)
    throw new CommandError(`service/${name} has no selector: it leads where its EndpointSlices say`);
  const swapped = swapOf(it);
  if (swapped) throw new CommandError(`service/${name} is swapped already, to ${swapped.to}`);
  const ports = (it.spec.ports ?? []).filter((one) => (one.protocol ?? 'TCP') === 'TCP');
  const found = asked === undefined ? ports : ports.filter((one) => one.name === asked || String(one.port) === asked);
  const names = ports.map((one) => one.name ?? String(one.port)).join(', ');
  if (found.length === 0)
    throw new CommandError(`service/${name} has no TCP port ${asked ?? ''}`.trimEnd() + (names ? `, but ${names}` : ''));
  if (found.length > 1) throw new CommandError(`service/${name} has several ports: say which with --port (${names})`);
  return found[0] as core.ServicePort;
}

/** Listens where pods reach this host, at the address of a node that is here, and passes on to what listens at `to`. */
async function openRelay(
  session: Session,
  to: Address,
): Promise<{ place: { address: string; number: number; node: string }; close(): void }> {
  const served = await session.served();
  const nodes = await listObjects(session.requests, resourceNamed(served, 'nodes'), undefined);
  const open = new Set<Socket>();
  for (const it of nodes.items as unknown as core.Node[]) {
    const address = it.status?.addresses?.find((one) => one.type === 'InternalIP')?.address;
    const server = address === undefined ? undefined : await listening(address, (client) => pass(client, to, open));
    if (!server || !address) continue;
    const bound = server.address();
    const number = bound && typeof bound === 'object' ? bound.port : 0;
    return {
      place: { address, number, node: it.metadata.name },
      close() {
        server.close();
        for (const socket of open) socket.destroy();
      },
    };
  }
  throw new CommandError('no node of the cluster is this host: swap runs where the cluster runs');
}

const listening = (address: string, onClient: (client: Socket) => void): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, onClient);
    server.once('error', () => resolve(undefined));
    server.listen(0, address, () => resolve(server));
  });

/** Both directions end by themselves; what breaks one end breaks the other. */
function pass(client: Socket, to: Address, open: Set<Socket>): void {
  const process = connect({ ...to, allowHalfOpen: true, noDelay: true });
  const pairs: Array<[Socket, Socket]> = [
    [client, process],
    [process, client],
  ];
  for (const [one, other] of pairs) {
    open.add(one);
    one.once('close', () => open.delete(one));
    one.on('error', () => other.resetAndDestroy());
    one.pipe(other);
  }
}

const placeOfLease = async (session: Session, { metadata }: core.Service, name: string) =>
  session.target(resourceNamed(await session.served(), 'leases.coordination.k8s.io'), name, metadata.namespace);

async function begin(session: Session, service: core.Service, swapped: Swap, now: () => number): Promise<void> {
  const place = await placeOfLease(session, service, swapped.lease);
  const { namespace = '', name } = service.metadata;
  const at = toMicroTime(now());
  const lease = {
    ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: swapped.lease, namespace } },
    spec: { holderIdentity: `${name} to ${swapped.to}`, leaseDurationSeconds: leaseSeconds, acquireTime: at, renewTime: at },
  };
  await createObject(session.requests, place.resource, namespace, lease);
  const target = session.target(resourceNamed(await session.served(), 'services'), name, namespace);
  await patchObject(session.requests, target, 'merge', { metadata: { annotations: { [swapAnnotation]: JSON.stringify(swapped) } } });
}

/** False when the lease is gone: somebody has ended the swap. */
async function renew(session: Session, service: core.Service, lease: string, now: () => number): Promise<boolean> {
  try {
    await patchObject(session.requests, await placeOfLease(session, service, lease), 'merge', { spec: { renewTime: toMicroTime(now()) } });
    return true;
  } catch (error) {
    if ((error as { reason?: string }).reason === 'NotFound' || (error as { code?: number }).code === 404) return false;
    // The server may be on its way back: the lease decides.
    return true;
  }
}

/** Whoever watches over swaps sees that the Lease is gone, and takes the mark off the Service. */
async function end(session: Session, service: core.Service, lease: string): Promise<void> {
  await deleteObject(session.requests, await placeOfLease(session, service, lease), {});
}

const pause = (clock: { schedule(after: number, run: () => void): () => void }, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = (): void => {
      cancel();
      signal.removeEventListener('abort', over);
      resolve();
    };
    const cancel = clock.schedule(renewEvery, over);
    signal.addEventListener('abort', over);
  });
