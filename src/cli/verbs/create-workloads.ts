import { nameSuffix, systemRandom } from '../../lib/random.ts';
import type { batch } from '../../kinds/index.ts';
import { CommandError } from '../command.ts';
import { throwAll } from '../faults.ts';
import { lines, number, text } from '../grammar/flags.ts';
import { type CreateContext, createFlags, createMade, oneName } from './create-from.ts';
import { select } from './selection.ts';
import { verb } from './verb.ts';

/** A container is named after its image; what a name may not hold is replaced, and made unique (kubectl, create_deployment.go). */
export function containerNameOf(image: string): string {
  const name = (image.split('/').at(-1) as string).split(/[:@]/)[0] as string;
  return /[_.]/.test(name) ? `${name.replace(/[_.]/g, '-')}-${nameSuffix(systemRandom)}` : name;
}

/** `NAME -- COMMAND args…`; the command may also follow the name without the dashes. */
function nameAndCommand(context: CreateContext, path: string): { name: string; command: string[] } {
  const { args, dash } = context;
  const names = args.slice(0, dash ?? 1);
  return { name: oneName({ ...context, args: names }, path), command: args.slice(dash ?? 1) };
}

export const createDeployment = verb({
  name: 'deployment',
  aliases: ['deploy', 'dep'],
  summary: 'Create a deployment of an image',
  usage: 'NAME --image=image -- [COMMAND] [args...]',
  flags: {
    ...createFlags,
    image: lines('Image to run; several make several containers', { required: true }),
    port: number('Port that the container exposes'),
    replicas: number('How many pods (default 1)', { short: 'r' }),
  },
  async run(context) {
    const { flags: given } = context;
    const { args, dash = args.length } = context;
    const name = oneName({ ...context, args: args.slice(0, dash) }, 'create deployment');
    const command = args.slice(dash);
    const images = (given.image ?? []).flatMap((it) => it.split(','));
    if (images.length > 1 && command.length > 0) throw new CommandError('cannot specify multiple --image options and command');
    const labels = { app: name };
    const containers = images.map((image) => ({
      image,
      name: containerNameOf(image),
      ...(command.length > 0 && { command }),
      ...(given.port !== undefined && given.port >= 0 && { ports: [{ containerPort: given.port }] }),
      resources: {},
    }));
    await createMade(context, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { labels, name },
      spec: {
        replicas: given.replicas ?? 1,
        selector: { matchLabels: labels },
        strategy: {},
        template: { metadata: { creationTimestamp: null, labels }, spec: { containers } },
      },
      status: {},
    });
    return 0;
  },
});

const templateOf = (name: string, image: string, command: readonly string[], restartPolicy: string) => ({
  metadata: { creationTimestamp: null },
  spec: { containers: [{ name, image, ...(command.length > 0 && { command }), resources: {} }], restartPolicy },
});

export const createJob = verb({
  name: 'job',
  summary: 'Create a job of an image, or as a cron job would',
  usage: 'NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]',
  flags: { ...createFlags, image: text('Image to run'), from: text('The cron job whose template is run: cronjob/name') },
  async run(context) {
    const { image = '', from = '' } = context.flags;
    const { name, command } = nameAndCommand(context, 'create job');
    if ((image === '') === (from === '')) throw new CommandError('either --image or --from must be specified');
    if (from !== '' && command.length > 0) throw new CommandError('cannot specify --from and command');
    const made = image !== '' ? { spec: { template: templateOf(name, image, command, 'Never') } } : await instanceOf(context, from);
    const { metadata, spec } = made as { metadata?: object; spec: object };
    await createMade(context, { apiVersion: 'batch/v1', kind: 'Job', metadata: { ...metadata, name }, spec, status: {} });
    return 0;
  },
});

/** A job as the cron job would start it now; the cron job owns it without holding up its own deletion. */
async function instanceOf(context: CreateContext, from: string): Promise<{ metadata: object; spec: object }> {
  const { found, faults } = await select({ ...context, args: [from] }, {});
  throwAll(faults);
  const [it] = found;
  if (found.length !== 1 || !it) throw new CommandError('from must be an existing cronjob');
  const { apiVersion, kind, metadata, spec } = it.object as unknown as batch.CronJob & { apiVersion: string; kind: string };
  if (it.resource.plural !== 'cronjobs') throw new CommandError(`unknown object type *${apiVersion.split('/').at(-1)}.${kind}`);
  const { labels, annotations } = spec.jobTemplate.metadata ?? {};
  const owner = { apiVersion: 'batch/v1', controller: true, kind: 'CronJob', name: metadata.name, uid: metadata.uid };
  return {
    metadata: {
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...annotations },
      ...(labels && { labels }),
      ownerReferences: [owner],
    },
    spec: spec.jobTemplate.spec ?? {},
  };
}

export const createCronJob = verb({
  name: 'cronjob',
  aliases: ['cj'],
  summary: 'Create a cron job of an image',
  usage: "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
  flags: {
    ...createFlags,
    image: text('Image to run', { required: true }),
    schedule: text('When to run it, in cron form', { required: true }),
    restart: text('OnFailure (default) or Never'),
  },
  async run(context) {
    const { image = '', schedule = '', restart } = context.flags;
    const { name, command } = nameAndCommand(context, 'create cronjob');
    const template = templateOf(name, image, command, restart || 'OnFailure');
    const jobTemplate = { metadata: { creationTimestamp: null, name }, spec: { template } };
    await createMade(context, {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name },
      spec: { jobTemplate, schedule },
      status: {},
    });
    return 0;
  },
});
