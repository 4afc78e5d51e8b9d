import type { KubeObject } from '../../meta/types.ts';
import { StatusError } from '../../meta/status-error.ts';
import { CommandError } from '../command.ts';
import { PlainFault } from '../faults.ts';
import type { Manifest } from '../manifests/index.ts';
import {
  type AnyObject,
  getObject,
  type ListQuery,
  listObjects,
  type Meant,
  meantBy,
  type Resource,
  resourceOfKind,
  type Target,
} from '../resources/index.ts';
import { type FileArgs, namesFiles, readFiles } from '../resources/read-files.ts';
import type { Session } from './session.ts';
import type { VerbContext } from './verb.ts';

/** One object that a command is about, and the manifest that named it. */
export type Selected = Target & { object?: AnyObject; from?: string; manifest?: AnyObject };
export type SelectArgs = FileArgs & {
  selector?: string | undefined;
  fieldSelector?: string | undefined;
  all?: boolean | undefined;
  allNamespaces?: boolean | undefined;
};

/** What is said when a command names nothing (cli-runtime's resource builder). */
export const nothingNamed = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

/**
 * The objects that arguments, files and selectors mean, as they now are. Faults of single objects are collected and
 * handed over with the rest.
 */
export async function select(context: VerbContext, args: SelectArgs): Promise<{ found: Selected[]; faults: unknown[] }> {
  const session = context.session();
  const named = await selectNames(context, args);
  const found: Selected[] = [];
  const faults: unknown[] = [];
  for (const it of named) {
    if (it.object) found.push(it);
    else {
      try {
        found.push({ ...it, object: await getObject(session.requests, it) });
      } catch (error) {
        faults.push(error);
      }
    }
  }
  return { found, faults };
}

/** The same, without looking at objects that are named. */
export async function selectNames(context: VerbContext, args: SelectArgs): Promise<Selected[]> {
  const session = context.session();
  if (namesFiles(args)) {
    if (context.args.length > 0)
      throw new CommandError('when paths, URLs, or stdin is provided as resource input, you may not specify resource arguments as well');
    return selectFiles(context, args);
  }
  const served = await session.served();
  const meant = meantBy(context.args, served);
  const isSelecting = args.all === true || args.selector !== undefined || args.fieldSelector !== undefined;
  if (meant.by === 'nothing')
    throw new CommandError(isSelecting ? 'at least one resource must be specified to use a selector' : nothingNamed);
  if (meant.by === 'name') {
    // Of --all and a name, the name counts.
    if (args.selector !== undefined || args.fieldSelector !== undefined)
      throw new CommandError(
        context.args[0]?.includes('/')
          ? 'selectors and the all flag cannot be used when passing resource/name arguments'
          : 'name cannot be provided when a selector is specified',
      );
    if (args.allNamespaces) throw new CommandError('a resource cannot be retrieved by name across all namespaces');
    return meant.targets.map(({ resource, name }) => session.target(resource, name));
  }
  if (!isSelecting) throw new CommandError('resource(s) were provided, but no name was specified');
  return selectLists(session, meant, args);
}

export async function selectLists(session: Session, meant: Extract<Meant, { by: 'type' }>, args: SelectArgs): Promise<Selected[]> {
  const found: Selected[] = [];
  for (const resource of meant.resources) {
    const items = await list(session, resource, args.allNamespaces === true, {
      labelSelector: args.selector,
      fieldSelector: args.fieldSelector,
    });
    for (const object of items) found.push({ resource, namespace: object.metadata.namespace, name: object.metadata.name, object });
  }
  return found;
}

/** All objects of a kind here or everywhere. What is wrong with selectors is told as kubectl tells it. */
export async function list(
  session: Session,
  resource: Resource,
  everywhere: boolean,
  query: ListQuery,
  limit?: number,
): Promise<AnyObject[]> {
  const namespace = resource.namespaced && !everywhere ? session.namespace : undefined;
  try {
    return (await listObjects(session.requests, resource, namespace, query, limit)).items;
  } catch (error) {
    throw listFault(error, resource, query);
  }
}

export function listFault(error: unknown, resource: Resource, { labelSelector = '', fieldSelector = '' }: ListQuery): unknown {
  if (!(error instanceof StatusError) || !['BadRequest', 'NotFound'].includes(error.reason)) return error;
  const what = JSON.stringify(`${resource.group}/${resource.version}, Resource=${resource.plural}`);
  const start =
    labelSelector || fieldSelector
      ? `Unable to find ${what} that match label selector ${JSON.stringify(labelSelector)}, field selector ${JSON.stringify(fieldSelector)}`
      : `Unable to list ${what}`;
  return new StatusError(error.reason, `${start}: ${error.message}`, {
    code: error.code,
    cause: error,
    ...(error.details && { details: error.details }),
  });
}

async function selectFiles(context: VerbContext, args: SelectArgs): Promise<Selected[]> {
  const manifests = await readFiles(args, context.io.input(), (it) => context.io.tell(`# Warning: ${it}`));
  return Promise.all(manifests.map((it) => selectedOf(context.session(), it)));
}

/** Where a manifest's object belongs. Fails with a CommandError for kinds that are not served and namespaces that disagree. */
export async function selectedOf(session: Session, { object, from }: Manifest): Promise<Selected> {
  const served = await session.served();
  const resource = resourceOfKind(served, object.apiVersion, object.kind);
  if (!resource) {
    throw new PlainFault(
      `error: resource mapping not found for name: ${JSON.stringify(object.metadata.name ?? '')} namespace: ${JSON.stringify(object.metadata.namespace ?? '')} from ${JSON.stringify(from === 'standard input' ? 'STDIN' : from)}: no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(object.apiVersion)}\nensure CRDs are installed first`,
    );
  }
  const own = object.metadata.namespace || undefined;
  if (resource.namespaced && session.namespaceGiven && own !== undefined && own !== session.namespace) {
    throw new CommandError(
      `the namespace from the provided object ${JSON.stringify(own)} does not match the namespace ${JSON.stringify(session.namespace)}. You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  const namespace = resource.namespaced ? (own ?? session.namespace) : undefined;
  return { resource, namespace, name: object.metadata.name ?? '', from, manifest: inNamespace(object, namespace) };
}

function inNamespace(object: KubeObject, namespace: string | undefined): AnyObject {
  const metadata = { ...object.metadata };
  if (namespace === undefined) return { ...object, metadata } as AnyObject;
  return { ...object, metadata: { ...metadata, namespace } } as AnyObject;
}
