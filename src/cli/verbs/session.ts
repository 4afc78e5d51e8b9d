import { loginOf } from '../connection/contexts.ts';
import { createRequests, type Requests } from '../connection/requests.ts';
import type { Edges } from '../edges.ts';
import { parseDuration } from '../grammar/duration.ts';
import type { Globals } from '../grammar/flags.ts';
import type { Io } from '../io.ts';
import { discover, type Resource, type Served, type Target } from '../resources/index.ts';

/** One command's dealings with one cluster. */
export type Session = {
  requests: Requests;
  namespace: string;
  /** It was typed, with -n. */
  namespaceGiven: boolean;
  /** What the server serves; asked once. */
  served(): Promise<Served>;
  /** The object of that name, in the namespace of this command. */
  target(resource: Resource, name: string, namespace?: string): Target;
  warned(): number;
  close(): void;
};

export function openSession(globals: Globals, edges: Edges, io: Io): Session {
  const login = loginOf(globals, edges.environment);
  let warnings = 0;
  const timeout = timeoutOf(globals.requestTimeout);
  const requests = createRequests(login, {
    onWarning: (text) => {
      warnings++;
      io.tell(`Warning: ${text}`);
    },
    ...(timeout !== undefined && { timeoutMilliseconds: timeout }),
  });
  let served: Promise<Served> | undefined;
  return {
    requests,
    namespace: login.namespace,
    namespaceGiven: login.namespaceGiven,
    served: () => (served ??= discover(requests)),
    target: (resource, name, namespace = login.namespace) => ({ resource, name, namespace: resource.namespaced ? namespace : undefined }),
    warned: () => warnings,
    close: () => requests.close(),
  };
}

/** `30s`, or a bare number of seconds. */
function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '0') return undefined;
  return /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text);
}
