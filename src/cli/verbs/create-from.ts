import { StatusError } from '../../meta/status-error.ts';
import { WhileDoing } from '../faults.ts';
import { outputOf } from '../printers/index.ts';
import { type AnyObject, createObject, resourceOfKind } from '../resources/index.ts';
import { CommandError } from '../command.ts';
import { outputFor, tellChanged } from './changed.ts';
import { dryRunOf } from './dry-run.ts';
import { outputFlags, writingFlags } from './flag-sets.ts';
import type { VerbContext } from './verb.ts';

export const createFlags = { ...writingFlags, ...outputFlags } as const;
export type CreateContext = VerbContext<typeof createFlags>;
export type Draft = { apiVersion: string; kind: string; metadata: Record<string, unknown>; [field: string]: unknown };

/** Creates what a generator has made, or only shows it. `did` is the word for it. */
export async function createMade(
  context: CreateContext,
  object: Draft,
  options: { did?: string; namespaced?: boolean } = {},
): Promise<AnyObject> {
  const { flags: given, io } = context;
  const dryRun = dryRunOf(given.dryRun);
  const output = outputFor(outputOf(given.output, { withTables: false, template: given.template }));
  const session = context.session();
  const told = { output, dryRun, showManagedFields: given.showManagedFields };
  const did = options.did ?? 'created';
  const isHere = options.namespaced !== false;
  const metadata = {
    creationTimestamp: null,
    ...object.metadata,
    ...(isHere && session.namespaceGiven && { namespace: session.namespace }),
  };
  const draft = { ...object, metadata } as unknown as AnyObject;
  const group = object.apiVersion.includes('/') ? (object.apiVersion.split('/')[0] as string) : '';
  if (dryRun === 'client') {
    tellChanged(io, { kind: object.kind, group }, draft, did, told);
    return draft;
  }
  const resource = resourceOfKind(await session.served(), object.apiVersion, object.kind);
  if (!resource) throw new CommandError(`the server does not serve ${object.kind} in version ${object.apiVersion}`);
  const writing = { dryRun: dryRun === 'server', fieldManager: given.fieldManager ?? 'kubectl-create' };
  const created = await createObject(session.requests, resource, resource.namespaced ? session.namespace : undefined, draft, writing).catch(
    (error: unknown) => {
      throw did === 'created' ? refusalOf(object, error) : error;
    },
  );
  tellChanged(io, resource, created, did, told);
  return created;
}

/** What kubectl's generators say of a refusal; each has words of its own. */
const refusals: Readonly<Record<string, string>> = {
  ConfigMap: 'failed to create configmap:',
  Secret: 'failed to create secret',
  Deployment: 'failed to create deployment:',
  ServiceAccount: 'failed to create serviceaccount:',
  RoleBinding: 'failed to create rolebinding:',
  ClusterRoleBinding: 'failed to create clusterrolebinding:',
  Job: 'failed to create job:',
  CronJob: 'failed to create cronjob:',
  ResourceQuota: 'failed to create quota:',
  PodDisruptionBudget: 'failed to create poddisruptionbudgets:',
  PriorityClass: 'failed to create priorityclass:',
};

function refusalOf({ kind, spec }: Draft, error: unknown): unknown {
  if (!(error instanceof StatusError)) return error;
  const start = kind === 'Service' ? `failed to create ${(spec as { type?: string }).type} service:` : refusals[kind];
  return start === undefined ? error : new CommandError(`${start} ${error.message}`, { cause: error });
}

/** The one NAME that generators take. */
export function oneName(context: VerbContext, path: string): string {
  const { args } = context;
  if (args.length !== 1)
    throw new CommandError(`exactly one NAME is required, got ${args.length}\nSee 'peapod ${path} -h' for help and examples`);
  return args[0] as string;
}

export const whenCreating = (from: string, error: unknown): WhileDoing =>
  new WhileDoing(`error when creating ${JSON.stringify(from === 'standard input' ? 'STDIN' : from)}`, error);
