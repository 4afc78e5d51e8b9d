import { type Filter, final } from './plugin.ts';

/** A pod that names its node is bound already; the filter matters where pods are tried on nodes all the same. */
export const nodeName: Filter = {
  name: 'NodeName',
  wokenBy: ['node'],
  prepare({ pod: { spec } }) {
    if (!spec.nodeName) return undefined;
    return { check: ({ name }) => (name === spec.nodeName ? undefined : final("node(s) didn't match the requested node name")) };
  },
};
