import { type Filter, passing } from './plugin.ts';

/** Same port with another address or protocol is no conflict, unless one of them takes all addresses. */
export const hostPorts: Filter = {
  name: 'NodePorts',
  wokenBy: ['node', 'pod gone'],
  prepare({ hostPorts: wanted }) {
    if (wanted.length === 0) return undefined;
    return {
      check: (node) =>
        wanted.some((it) => node.isTaken(it)) ? passing("node(s) didn't have free ports for the requested pod ports") : undefined,
    };
  },
};
