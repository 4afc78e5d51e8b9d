import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnyKind } from '../kinds/index.ts';
import { aggregated, groupList, oneGroup, resourceList } from './discovery.ts';
import { notAllowed, notServed } from './handler.ts';
import { sendBytes, sendObject } from './http.ts';
import { acceptedRanges } from './negotiate.ts';
import type { RequestInfo } from './request.ts';

/** Answers a path of discovery; false when it was none. */
export function serveDiscovery(kinds: readonly AnyKind[], request: IncomingMessage, response: ServerResponse, info: RequestInfo): boolean {
  const [root, ...rest] = info.path.split('/').filter((it) => it !== '');
  if (root !== 'api' && root !== 'apis') return false;
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD') throw notAllowed();
  const version = rest.length === 0 ? aggregatedVersion(request.headers.accept) : undefined;
  if (version) {
    const bytes = Buffer.from(JSON.stringify(aggregated(kinds, root === 'api', version)));
    sendBytes(request, response, 200, bytes, `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`);
    return true;
  }
  const found = root === 'api' ? legacy(kinds, rest, request.headers.host ?? '') : named(kinds, rest);
  if (!found) throw notServed();
  sendObject(request, response, 200, found);
  return true;
}

/** The version of the whole answer that the client wants before anything else we can say; undefined for the old, piecewise one. */
function aggregatedVersion(accept: string | undefined): string | undefined {
  for (const { type, parameters } of acceptedRanges(accept ?? '')) {
    const { as, g, v } = parameters;
    if (!['application/json', 'application/*', '*/*'].includes(type)) continue;
    if (as === undefined) return undefined;
    if (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io' && (v === 'v2' || v === 'v2beta1')) return v;
  }
  return undefined;
}

function legacy(kinds: readonly AnyKind[], [version, ...more]: readonly string[], host: string): object | undefined {
  if (more.length > 0) return undefined;
  if (version !== undefined) return resourceList(kinds, version);
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: host }];
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs };
}

function named(kinds: readonly AnyKind[], [group, version, ...more]: readonly string[]): object | undefined {
  if (more.length > 0) return undefined;
  if (group === undefined) return groupList(kinds);
  return version === undefined ? oneGroup(kinds, group) : resourceList(kinds, `${group}/${version}`);
}
