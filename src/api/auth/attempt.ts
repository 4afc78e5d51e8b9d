import type { RequestInfo } from '../request.ts';

/** What somebody wants to do: to a resource, or to a plain path with a method's name as verb. */
export type Attempt =
  | { verb: string; path: string }
  | { verb: string; group: string; plural: string; subresource?: string; namespace?: string; name?: string };

/** For plain paths the verb is the method's name. */
const methods: Readonly<Record<string, string>> = { create: 'post', update: 'put' };

export function attemptOf(info: RequestInfo): Attempt {
  if (!info.isResource) return { verb: methods[info.verb] ?? info.verb, path: info.path };
  // A namespace counts as being in itself.
  const namespace = info.namespace ?? (info.group === '' && info.plural === 'namespaces' ? info.name : undefined);
  return {
    ...{ verb: info.verb, group: info.group, plural: info.plural },
    ...(info.subresource !== undefined && { subresource: info.subresource.split('/')[0] as string }),
    ...(namespace !== undefined && { namespace }),
    ...(info.name !== undefined && { name: info.name }),
  };
}
