import type { IncomingMessage } from 'node:http';
import type { core } from '../../kinds/index.ts';
import { toTime } from '../../lib/clock.ts';
import { StatusError } from '../../meta/status-error.ts';
import { CommandError, messageOf } from '../command.ts';
import { duration, number, onOff, text } from '../grammar/flags.ts';
import { meantBy, type Resource, resourceNamed } from '../resources/index.ts';
import { getObject } from '../resources/index.ts';
import { chooseContainer } from './containers.ts';
import { LineWriter } from './line-writer.ts';
import { podsOf } from './pods-of.ts';
import { list } from './selection.ts';
import { type VerbContext, verb } from './verb.ts';

const flags = {
  follow: onOff('Show more as it comes', { short: 'f' }),
  selector: text('Label selector of pods', { short: 'l' }),
  allContainers: onOff('Of all containers of the pods'),
  allPods: onOff('Of all pods of what is named'),
  prefix: onOff('Begin each line with pod and container'),
  tail: number('Number of last lines; -1 is all, 10 with a selector'),
  since: duration('Only what is newer than this span'),
  sinceTime: text('Only what is newer than this time (RFC 3339)'),
  timestamps: onOff('Begin each line with its time'),
  previous: onOff('Of the container that ran before', { short: 'p' }),
  container: text('Of this container', { short: 'c' }),
  limitBytes: number('At most this many bytes'),
  maxLogRequests: number('How many logs to follow at once with a selector (default 5)'),
  ignoreErrors: onOff('Go on with the others when one fails'),
  podRunningTimeout: duration('How long to wait for a pod to run'),
  insecureSkipTlsVerifyBackend: onOff('Taken and ignored', { hidden: true }),
} as const;
type Context = VerbContext<typeof flags>;
type Source = { pod: core.Pod; container: string };

const usage = 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]';

export const logs = verb({
  name: 'logs',
  aliases: ['log'],
  summary: 'Print what containers have written',
  usage: '[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER] [flags]',
  completes: 'pods',
  flags,
  async run(context) {
    const { flags: given } = context;
    refuseContradictions(context);
    const pods = await podsMeant(context);
    const sources = pods.flatMap((it) => sourcesOf(context, it));
    const most = given.maxLogRequests ?? 5;
    if (given.follow && sources.length > most && sources.length > 1)
      throw new CommandError(
        `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${most}, use --max-log-requests to increase the limit`,
      );
    if (sources.length === 0 && given.selector !== undefined)
      context.io.tell(`No resources found in ${context.session().namespace} namespace.`);
    await (given.follow && sources.length > 1 ? Promise.all(sources.map((it) => attempt(context, it))) : oneByOne(context, sources));
    return 0;
  },
});

function refuseContradictions({ flags: given, args, dash }: Context): void {
  const help = "\nSee 'peapod logs -h' for help and examples";
  if (args.length === 0 && given.selector === undefined)
    throw new CommandError(`expected '${usage}'.\nPOD or TYPE/NAME is a required argument for the logs command${help}`);
  if (args.length > 0 && given.selector !== undefined) throw new CommandError(`only a selector (-l) or a POD name is allowed${help}`);
  if (args.length > 2 || (dash !== undefined && dash < args.length && args.length > 2))
    throw new CommandError(`expected '${usage}'.\nPOD or TYPE/NAME is a required argument for the logs command${help}`);
  if (given.since !== undefined && given.sinceTime !== undefined)
    throw new CommandError('at most one of `sinceTime` or `sinceSeconds` may be specified');
  if (given.sinceTime !== undefined && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(given.sinceTime))
    throw new CommandError(
      `parsing time ${JSON.stringify(given.sinceTime)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(given.sinceTime)} as "2006"`,
    );
  if ((given.tail ?? 0) < -1) throw new CommandError('--tail must be greater than or equal to -1');
  if (given.limitBytes !== undefined && given.limitBytes < 0) throw new CommandError('--limit-bytes must be greater than 0');
  if (given.since !== undefined && given.since < 0) throw new CommandError('--since must be greater than 0');
  if (given.allContainers && (given.container || args.length === 2))
    throw new CommandError('--all-containers=true should not be specified with container name');
  if (args.length === 2 && given.container) throw new CommandError('only one of -c or an inline [CONTAINER] arg is allowed');
}

async function podsMeant(context: Context): Promise<core.Pod[]> {
  const { flags: given, args } = context;
  const session = context.session();
  const served = await session.served();
  const pod = resourceNamed(served, 'pods');
  if (given.selector !== undefined) return (await list(session, pod, false, { labelSelector: given.selector })) as unknown as core.Pod[];
  const [name = ''] = args;
  const meant = name.includes('/') ? meantBy([name], served) : undefined;
  const target = meant?.by === 'name' ? meant.targets[0] : undefined;
  const resource: Resource = target?.resource ?? pod;
  try {
    const object = await getObject(session.requests, session.target(resource, target?.name ?? name));
    if (resource.plural === 'pods') return [object as unknown as core.Pod];
    const pods = await podsOf(session, object, resource, 'get the logs from');
    if (given.allPods) return pods;
    if (pods.length > 1 && pods[0]) context.io.tell(`Found ${pods.length} pods, using pod/${pods[0].metadata.name}`);
    return pods.slice(0, 1);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new CommandError(`error from server (${error.reason}): ${error.message} in namespace ${JSON.stringify(session.namespace)}`, {
      cause: error,
    });
  }
}

function sourcesOf(context: Context, pod: core.Pod): Source[] {
  const { flags: given, args, io } = context;
  const named = given.container || args[1];
  const { spec } = pod;
  if (named) {
    const kind = (['containers', 'initContainers', 'ephemeralContainers'] as const).find((it) =>
      (spec[it] ?? []).some(({ name }) => name === named),
    );
    if (!kind) throw new CommandError(`container ${named} is not valid for pod ${pod.metadata.name}`);
    return [{ pod, container: named }];
  }
  if (given.allContainers) {
    const kinds = ['initContainers', 'containers', 'ephemeralContainers'] as const;
    return kinds.flatMap((kind) => (spec[kind] ?? []).map(({ name }) => ({ pod, container: name })));
  }
  return [{ pod, container: chooseContainer(pod, (text) => io.tell(text)) }];
}

async function oneByOne(context: Context, sources: readonly Source[]): Promise<void> {
  for (const it of sources) await attempt(context, it);
}

async function attempt(context: Context, source: Source): Promise<void> {
  try {
    await copyLog(context, source);
  } catch (error) {
    if (!context.flags.ignoreErrors) throw error;
    context.io.print(`error: ${messageOf(error)}`);
  }
}

async function copyLog(context: Context, { pod, container }: Source): Promise<void> {
  const { flags: given, io } = context;
  const { requests } = context.session();
  const { namespace = '', name } = pod.metadata;
  const tail = given.tail ?? (given.selector !== undefined ? 10 : -1);
  const stream: IncomingMessage = await requests.stream({
    path: `/api/v1/namespaces/${namespace}/pods/${name}/log`,
    accept: '*/*',
    query: {
      container,
      follow: given.follow || undefined,
      previous: given.previous || undefined,
      timestamps: given.timestamps || undefined,
      tailLines: tail >= 0 ? tail : undefined,
      sinceSeconds: given.since === undefined ? undefined : Math.ceil(given.since / 1000),
      sinceTime: given.sinceTime === undefined ? undefined : timeOf(given.sinceTime),
      limitBytes: given.limitBytes || undefined,
    },
  });
  // Lines of several logs are not to be torn apart.
  const prefix = given.prefix ? `[pod/${name}/${container}] ` : '';
  const writer = new LineWriter(io.output, prefix);
  for await (const chunk of stream) await writer.write(chunk as Buffer);
  await writer.end();
}

function timeOf(given: string): string {
  const at = Date.parse(given);
  if (Number.isNaN(at))
    throw new CommandError(
      `parsing time ${JSON.stringify(given)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(given)} as "2006"`,
    );
  return toTime(at);
}
