import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError } from '../command.ts';
import { onOff, text, texts } from '../grammar/flags.ts';
import { buildKustomization, KustomizationError } from '../kustomize/index.ts';
import { diskFiles } from '../manifests/index.ts';
import { goYaml, renderLines } from '../printers/index.ts';
import { type AnyObject, findResource, listObjects, qualified, type Resource } from '../resources/index.ts';
import { verb } from './verb.ts';

export const apiResources = verb({
  name: 'api-resources',
  summary: 'List the kinds that the server serves',
  usage: '[flags]',
  flags: {
    apiGroup: text('Only of this group'),
    namespaced: onOff('Only those in namespaces, or with =false only others'),
    verbs: texts('Only those that know these verbs'),
    categories: texts('Only those in these categories'),
    noHeaders: onOff('Leave out the headers'),
    output: text('wide or name', { short: 'o' }),
    sortBy: text('name or kind'),
    cached: onOff('Taken and ignored', { hidden: true }),
  },
  async run({ flags: given, args, io, session }) {
    if (args.length > 0)
      throw new CommandError(`unexpected arguments: [${args.join(' ')}]\nSee 'peapod api-resources -h' for help and examples`);
    if (given.output !== undefined && !['', 'wide', 'name'].includes(given.output))
      throw new CommandError(`--output ${given.output} is not available`);
    if (given.sortBy !== undefined && !['', 'name', 'kind'].includes(given.sortBy))
      throw new CommandError('--sort-by accepts only name or kind');
    const { resources } = await session().served();
    const shown = resources
      .filter((it) => it.preferred && it.verbs.length > 0)
      .filter((it) => given.apiGroup === undefined || it.group === given.apiGroup)
      .filter((it) => given.namespaced === undefined || it.namespaced === given.namespaced)
      .filter((it) => (given.verbs ?? []).every((each) => it.verbs.includes(each)))
      .filter((it) => (given.categories ?? []).every((each) => it.categories.includes(each)))
      .sort(order(given.sortBy));
    if (given.output === 'name') {
      for (const it of shown) io.print(qualified(it));
      return 0;
    }
    const isWide = given.output === 'wide';
    const rows = shown.map((it) => [
      it.plural,
      it.shortNames.join(','),
      it.apiVersion,
      String(it.namespaced),
      it.kind,
      ...(isWide ? [[...it.verbs].sort().join(','), it.categories.join(',')] : []),
    ]);
    const header = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(isWide ? ['VERBS', 'CATEGORIES'] : [])];
    io.write(renderLines(given.noHeaders ? rows : [header, ...rows]));
    return 0;
  },
});

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function order(by: string | undefined): (a: Resource, b: Resource) => number {
  if (by === 'name') return (a, b) => compare(a.plural, b.plural);
  if (by === 'kind') return (a, b) => compare(a.kind, b.kind);
  return (a, b) => compare(a.group, b.group) || compare(a.plural, b.plural);
}

function refuseArguments(args: readonly string[], path: string): void {
  if (args.length > 0) throw new CommandError(`unexpected arguments: [${args.join(' ')}]\nSee 'peapod ${path} -h' for help and examples`);
}

export const apiVersions = verb({
  name: 'api-versions',
  summary: 'List the versions of the API that the server serves',
  usage: '',
  flags: {},
  async run({ io, session, args }) {
    refuseArguments(args, 'api-versions');
    const { groupVersions } = await session().served();
    for (const it of [...groupVersions].sort()) io.print(it);
    return 0;
  },
});

export const clusterInfo = verb({
  name: 'cluster-info',
  summary: 'Tell where the control plane and its services are',
  usage: '',
  flags: {},
  async run({ io, session }) {
    const { requests, served } = session();
    const resource = findResource(await served(), 'services');
    const items: AnyObject[] = resource
      ? (await listObjects(requests, resource, 'kube-system', { labelSelector: 'kubernetes.io/cluster-service=true' })).items
      : [];
    const paint = (code: number, it: string): string => (io.isTerminal ? `\x1b[${code}m${it}\x1b[0m` : it);
    const { server } = requests.login;
    io.print(`${paint(32, 'Kubernetes control plane')} is running at ${paint(33, server)}`);
    for (const { metadata, spec } of items) {
      const { ports = [] } = spec as { ports?: Array<{ name?: string }> };
      const port = ports[0]?.name ? `:${ports[0].name}` : '';
      const name = metadata.labels?.['kubernetes.io/name'] ?? metadata.name;
      io.print(
        `${paint(32, name)} is running at ${paint(33, `${server}/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}${port}/proxy`)}`,
      );
    }
    io.print("\nTo further debug and diagnose cluster problems, use 'peapod cluster-info dump'.");
    return 0;
  },
});

export const kustomize = verb({
  name: 'kustomize',
  summary: 'Print the objects of a kustomization',
  usage: 'DIR',
  flags: {
    output: text('Write to this file', { short: 'o' }),
    loadRestrictor: text('Taken and ignored', { hidden: true }),
    enableHelm: onOff('Not supported', { hidden: true }),
  },
  async run({ args, flags: given, io }) {
    if (args.length > 1) throw new CommandError(`specify one path to kustomization.yaml`);
    const folder = args[0] ?? '.';
    if (!diskFiles.isFolder(folder))
      throw new CommandError(
        `must build at directory: not a valid directory: evalsymlink failure on '${folder}' : lstat ${resolve(folder)}: no such file or directory`,
      );
    try {
      const { objects, warnings } = buildKustomization(folder, diskFiles);
      for (const it of warnings) io.tell(`# Warning: ${it}`);
      const text = objects.map((it) => goYaml(it)).join('---\n');
      if (given.output === undefined) io.write(text);
      else writeFileSync(given.output, text);
      return 0;
    } catch (cause) {
      throw cause instanceof KustomizationError ? new CommandError(cause.message, { cause }) : cause;
    }
  },
});
