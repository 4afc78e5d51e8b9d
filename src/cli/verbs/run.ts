import { CommandError } from '../command.ts';
import { lines, onOff, text } from '../grammar/flags.ts';
import { waitUntilRunning } from './pod-running.ts';
import { attachTo } from './attach.ts';
import { type CreateContext, createFlags, createMade } from './create-from.ts';
import { resourceNamed, deleteObject } from '../resources/index.ts';
import { number, duration } from '../grammar/flags.ts';
import { dryRunOf } from './dry-run.ts';
import { verb } from './verb.ts';
import { labelsMap } from './labels-map.ts';
import { mergedWith } from './overrides.ts';
import { waitUntilGone } from './wait-gone.ts';

export const run = verb({
  name: 'run',
  summary: 'Run an image in a pod',
  usage:
    'NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
  flags: {
    ...createFlags,
    image: text('The image to run', { required: true }),
    env: lines('A variable: key=value'),
    port: text('Port that the container exposes'),
    labels: text('Labels of the pod', { short: 'l' }),
    annotations: lines('Annotations of the pod'),
    restart: text('Always, OnFailure or Never (default Always)'),
    command: onOff('What follows is the command, not its arguments'),
    imagePullPolicy: text('Always, IfNotPresent or Never'),
    overrides: text('JSON that is merged into the pod'),
    overrideType: text('merge, json or strategic (default merge)'),
    serviceaccount: text('Service account of the pod', { hidden: true }),
    privileged: onOff('Run in privileged mode'),
    stdin: onOff('Hand standard input to the container', { short: 'i' }),
    tty: onOff('Give it a terminal', { short: 't' }),
    attach: onOff('Attach to the container'),
    rm: onOff('Delete the pod when it has ended'),
    quiet: onOff('Say less', { short: 'q' }),
    leaveStdinOpen: onOff('Leave standard input open after the first attach', { hidden: true }),
    expose: onOff('Make a service for the port too'),
    gracePeriod: number('Seconds given to end in an orderly way', { hidden: true }),
    podRunningTimeout: duration('How long to wait for the pod to run'),
  },
  async run(context) {
    const { flags: given, args, dash, io } = context;
    const [name, ...words] = args;
    if (name === undefined || dash === 0) throw new CommandError("NAME is required for run\nSee 'peapod run -h' for help and examples");
    const command = dash === undefined ? words : args.slice(dash);
    const help = "\nSee 'peapod run -h' for help and examples";
    const restart = given.restart || 'Always';
    if (!['Always', 'OnFailure', 'Never'].includes(restart))
      throw new CommandError(`invalid restart policy: ${restart}\nSee 'peapod run -h' for help and examples`);
    if (given.imagePullPolicy && !['Always', 'IfNotPresent', 'Never'].includes(given.imagePullPolicy))
      throw new CommandError(`invalid image pull policy: ${given.imagePullPolicy}${help}`);
    if (given.port !== undefined && !/^\d+$/.test(given.port))
      throw new CommandError(`strconv.Atoi: parsing ${JSON.stringify(given.port)}: invalid syntax`);
    const attaches = given.attach ?? (given.stdin || given.tty || false);
    if (given.tty && !given.stdin) throw new CommandError(`-i/--stdin is required for containers with -t/--tty=true${help}`);
    if (given.rm && !attaches) throw new CommandError(`--rm should only be used for attached containers${help}`);
    if (attaches && dryRunOf(given.dryRun) !== 'none')
      throw new CommandError(
        `--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)${help}`,
      );
    if (/\s|[^\x20-\x7e]/.test(given.image ?? '') || (given.image ?? '') === '')
      throw new CommandError(`Invalid image name ${JSON.stringify(given.image ?? '')}: invalid reference format`);
    const container = {
      ...(command.length > 0 && (given.command ? { command } : { args: command })),
      ...(given.env?.length && { env: given.env.map(variableOf) }),
      image: given.image,
      ...(given.imagePullPolicy && { imagePullPolicy: given.imagePullPolicy }),
      name,
      ...(given.port && { ports: [{ containerPort: Number(given.port) }] }),
      resources: {},
      ...(given.privileged && { securityContext: { privileged: true } }),
      ...(given.stdin && { stdin: true, stdinOnce: !given.leaveStdinOpen }),
      ...(given.tty && { tty: true }),
    };
    const labels = given.labels === undefined ? { run: name } : labelsMap(given.labels);
    const annotations = Object.fromEntries((given.annotations ?? []).map((it) => it.split('=', 2) as [string, string]));
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...(Object.keys(annotations).length > 0 && { annotations }), labels, name },
      spec: { containers: [container], dnsPolicy: 'ClusterFirst', restartPolicy: restart },
      status: {},
    };
    const made = given.overrides === undefined ? pod : mergedWith(pod, given.overrides, given.overrideType);
    if (!attaches) {
      await createMade(createdBy(context), made);
      if (given.expose) await exposed(context, name, labels, given.port);
      return 0;
    }
    return attached(context, name, made, io);
  },
});

type Context = CreateContext & {
  flags: {
    rm?: boolean | undefined;
    stdin?: boolean | undefined;
    tty?: boolean | undefined;
    quiet?: boolean | undefined;
    podRunningTimeout?: number | undefined;
  };
};

const createdBy = <T extends CreateContext>(context: T): T => ({
  ...context,
  flags: { ...context.flags, fieldManager: context.flags.fieldManager ?? 'kubectl-run' },
});

function variableOf(given: string): { name: string; value: string } {
  const at = given.indexOf('=');
  if (at <= 0) throw new CommandError(`invalid env: ${given}`);
  return { name: given.slice(0, at), value: given.slice(at + 1) };
}

async function exposed(context: CreateContext, name: string, labels: Record<string, string>, port: string | undefined): Promise<void> {
  if (!port) throw new CommandError('must provide --port when exposing a pod');
  const ports = [{ port: Number(port), protocol: 'TCP', targetPort: Number(port) }];
  await createMade(context, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports, selector: labels },
    status: { loadBalancer: {} },
  });
}

async function attached(context: Context, name: string, made: Parameters<typeof createMade>[1], io: Context['io']): Promise<number> {
  const { flags: given } = context;
  const session = context.session();
  const quiet = { ...context, io: { ...io, print: () => {} } };
  const created = await createMade(createdBy(quiet), made);
  const pods = resourceNamed(await session.served(), 'pods');
  const target = session.target(pods, name);
  try {
    const pod = await waitUntilRunning(session, target, given.podRunningTimeout ?? 60_000);
    return await attachTo(session, pod, name, {
      stdin: given.stdin === true,
      tty: given.tty === true,
      quiet: given.quiet === true,
      io,
      logs: true,
    });
  } finally {
    if (given.rm) {
      await deleteObject(session.requests, target);
      io.print(`pod ${JSON.stringify(name)} deleted`);
      await waitUntilGone(session, [{ ...target, uid: created.metadata.uid }], 60_000);
    }
  }
}
