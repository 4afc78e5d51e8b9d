export type User = {
  name: string;
  groups: readonly string[];
  uid?: string;
  /** What else is known, as of whose pod a token is. */
  extra?: Readonly<Record<string, readonly string[]>>;
};

export type RequestInfo = {
  path: string;
  query: URLSearchParams;
  /** The API's verb: get, list, watch, create, update, patch, delete, deletecollection. */
  verb: string;
  /** False for paths such as /version and /openapi. */
  isResource: boolean;
  group: string;
  version: string;
  /** '' when the path ends at the group version. */
  plural: string;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
};

const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Takes a request line apart, by the rules of the API's paths (apiserver, endpoints/request). Never fails: what is no resource is a plain path. */
export function parsePath(method: string, url: string): RequestInfo {
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? undefined : url.slice(mark + 1));
  const info: RequestInfo = {
    path: rawPath,
    query,
    verb: verbs[method] ?? method.toLowerCase(),
    isResource: false,
    group: '',
    version: '',
    plural: '',
    namespace: undefined,
    name: undefined,
    subresource: undefined,
  };
  const parts = rawPath
    .split('/')
    .filter((it) => it !== '')
    .map(decode);
  const rest =
    parts[0] === 'api' && parts.length > 2 ? parts.slice(1) : parts[0] === 'apis' && parts.length > 3 ? parts.slice(2) : undefined;
  if (!rest || parts.includes(undefined)) return info;
  info.isResource = true;
  info.group = parts[0] === 'api' ? '' : (parts[1] as string);
  info.version = rest[0] as string;
  let tail = rest.slice(1) as string[];
  // The form from before the watch parameter: /api/v1/watch/pods.
  const oldWatch = tail[0] === 'watch' && tail.length > 1;
  if (oldWatch) tail = tail.slice(1);
  // /namespaces/x is the namespace itself; /namespaces/x/pods is inside it; /namespaces/x/status is its subresource.
  if (tail[0] === 'namespaces' && tail.length > 2 && !['status', 'finalize'].includes(tail[2] as string)) {
    info.namespace = tail[1];
    tail = tail.slice(2);
  }
  [info.plural, info.name, info.subresource] = [tail[0] as string, tail[1], tail.length > 2 ? tail.slice(2).join('/') : undefined];
  if (info.verb === 'get' && !info.subresource) {
    if (oldWatch || isTrue(query.get('watch'))) info.verb = 'watch';
    else if (info.name === undefined) info.verb = 'list';
  } else if (info.verb === 'delete' && info.name === undefined) info.verb = 'deletecollection';
  return info;
}

/** How upstream reads a flag of a query: `false`, `0` and absence are false, everything else is true, the empty value too. */
export const isTrue = (value: string | null): boolean => value !== null && value !== '0' && value.toLowerCase() !== 'false';

function decode(part: string): string | undefined {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
