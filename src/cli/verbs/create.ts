import { CommandError } from '../command.ts';
import { throwAll } from '../faults.ts';
import { systemRandom, nameSuffix } from '../../lib/random.ts';
import { lines, number, onOff, text } from '../grammar/flags.ts';
import { outputOf } from '../printers/index.ts';
import { type AnyObject, createObject } from '../resources/index.ts';
import { namesFiles, readFiles } from '../resources/read-files.ts';
import { outputFor, tellChanged } from './changed.ts';
import { createConfigMap, createNamespace, createSecret, createServiceAccount } from './create-configuration.ts';
import { createFlags, createMade, oneName, whenCreating } from './create-from.ts';
import { createService } from './create-service.ts';
import { dryRunOf } from './dry-run.ts';
import { fileFlags } from './flag-sets.ts';
import { selectedOf } from './selection.ts';
import { verb } from './verb.ts';

/** A container is named after its image; what a name may not hold is replaced, and made unique (kubectl, create_deployment.go). */
export function containerNameOf(image: string): string {
  const name = (image.split('/').at(-1) as string).split(/[:@]/)[0] as string;
  return /[_.]/.test(name) ? `${name.replace(/[_.]/g, '-')}-${nameSuffix(systemRandom)}` : name;
}

const createDeployment = verb({
  name: 'deployment',
  aliases: ['deploy'],
  summary: 'Create a deployment of an image',
  usage: 'NAME --image=image -- [COMMAND] [args...]',
  flags: {
    ...createFlags,
    image: lines('Image to run; several make several containers', { required: true }),
    port: number('Port that the container exposes'),
    replicas: number('How many pods (default 1)', { short: 'r' }),
  },
  async run(context) {
    const { flags: given, args, dash } = context;
    const command = dash === undefined ? args.slice(1) : args.slice(dash);
    const name = oneName({ ...context, args: args.slice(0, dash ?? 1).slice(0, dash === undefined ? 1 : undefined) }, 'create deployment');
    const images = (given.image ?? []).flatMap((it) => it.split(','));
    if (images.length > 1 && command.length > 0) throw new CommandError('cannot specify multiple --image options and command');
    const labels = { app: name };
    const containers = images.map((image, i) => ({
      image,
      name: containerNameOf(image),
      ...(command.length > 0 && { command }),
      ...(given.port !== undefined && given.port >= 0 && i >= 0 && { ports: [{ containerPort: given.port }] }),
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

export const create = verb({
  name: 'create',
  summary: 'Create objects from files, or one of a kind',
  usage: '-f FILENAME',
  flags: {
    ...createFlags,
    ...fileFlags,
    edit: onOff('Not supported', { hidden: true }),
    raw: text('POST to this path', { hidden: true }),
    selector: text('Label selector', { short: 'l', hidden: true }),
  },
  children: [createConfigMap, createDeployment, createNamespace, createSecret, createService, createServiceAccount],
  async run(context) {
    const { flags: given, io, args } = context;
    if (!namesFiles(given)) {
      if (args.length > 0) throw new CommandError(`Unexpected args: [${args.join(' ')}]\nSee 'peapod create -h' for help and examples`);
      throw new CommandError('must specify one of -f and -k');
    }
    const dryRun = dryRunOf(given.dryRun);
    const output = outputFor(outputOf(given.output, { withTables: false }));
    const manifests = await readFiles(given, io.input(), (it) => io.tell(`# Warning: ${it}`));
    const session = context.session();
    const faults: unknown[] = [];
    for (const it of manifests) {
      try {
        const { resource, namespace, manifest } = await selectedOf(session, it);
        const writing = { dryRun: dryRun === 'server', fieldManager: given.fieldManager ?? 'kubectl-create', validate: 'Strict' };
        const created =
          dryRun === 'client' ? (manifest as AnyObject) : await createObject(session.requests, resource, namespace, manifest, writing);
        tellChanged(io, resource, created, 'created', { output, dryRun, showManagedFields: given.showManagedFields });
      } catch (error) {
        faults.push(error instanceof CommandError ? error : whenCreating(it.from, error));
      }
    }
    throwAll(faults);
    return 0;
  },
});
