import type { KubeObject } from '../../meta/types.ts';
import type { Requests } from '../connection/requests.ts';
import { pathOf, type Place, type Resource } from './discovery.ts';

/** An object with whatever fields its kind has. */
export type AnyObject = KubeObject & { [field: string]: unknown };
export type Target = { resource: Resource; namespace: string | undefined; name: string };
export type ListQuery = { labelSelector?: string | undefined; fieldSelector?: string | undefined };

export const placeOf = ({ resource, namespace, name }: Target, ...rest: string[]): string => pathOf(resource, namespace, name, ...rest);

export const getObject = (requests: Requests, target: Target): Promise<AnyObject> => requests.json<AnyObject>({ path: placeOf(target) });

type Listed = { metadata: { resourceVersion?: string; continue?: string }; items: AnyObject[] | null };

/** All objects of a kind, page by page; each is given its kind back, which lists leave out. */
export async function listObjects(
  requests: Requests,
  resource: Place & Pick<Resource, 'apiVersion' | 'kind'>,
  namespace: string | undefined,
  query: ListQuery = {},
  limit = 500,
): Promise<{ items: AnyObject[]; resourceVersion: string }> {
  const items: AnyObject[] = [];
  let from: string | undefined;
  for (;;) {
    const page = await requests.json<Listed>({
      path: pathOf(resource, namespace),
      query: { ...query, limit: limit || undefined, continue: from },
    });
    for (const it of page.items ?? []) items.push({ ...it, apiVersion: resource.apiVersion, kind: resource.kind });
    from = page.metadata.continue || undefined;
    if (!from) return { items, resourceVersion: page.metadata.resourceVersion ?? '' };
  }
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';
const contentTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

export type Writing = {
  dryRun?: boolean | undefined;
  fieldManager?: string | undefined;
  force?: boolean | undefined;
  validate?: string | undefined;
};

const queryOf = ({ dryRun, fieldManager, force, validate }: Writing) => ({
  ...(dryRun && { dryRun: 'All' }),
  fieldManager,
  ...(force !== undefined && { force }),
  fieldValidation: validate,
});

export const patchObject = (
  requests: Requests,
  target: Target,
  type: PatchType,
  body: unknown,
  writing: Writing & { subresource?: string } = {},
): Promise<AnyObject> =>
  requests.json<AnyObject>({
    method: 'PATCH',
    path: placeOf(target, ...(writing.subresource ? [writing.subresource] : [])),
    query: queryOf(writing),
    body,
    contentType: contentTypes[type],
  });

export const createObject = (
  requests: Requests,
  resource: Resource,
  namespace: string | undefined,
  object: unknown,
  writing: Writing = {},
): Promise<AnyObject> =>
  requests.json<AnyObject>({ method: 'POST', path: pathOf(resource, namespace), query: queryOf(writing), body: object });

export const replaceObject = (
  requests: Requests,
  target: Target,
  object: unknown,
  writing: Writing & { subresource?: string } = {},
): Promise<AnyObject> =>
  requests.json<AnyObject>({
    method: 'PUT',
    path: placeOf(target, ...(writing.subresource ? [writing.subresource] : [])),
    query: queryOf(writing),
    body: object,
  });

export type Deleting = { gracePeriodSeconds?: number | undefined; propagationPolicy?: string | undefined; dryRun?: boolean | undefined };

export const deleteObject = (
  requests: Requests,
  target: Target,
  { dryRun, ...options }: Deleting = {},
): Promise<AnyObject & { details?: { uid?: string } }> =>
  requests.json({
    method: 'DELETE',
    path: placeOf(target),
    body: { apiVersion: 'v1', kind: 'DeleteOptions', ...options, ...(dryRun && { dryRun: ['All'] }) },
  });
