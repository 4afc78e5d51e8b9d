import { defineKind } from '../define.ts';
import type { Endpoints } from '../generated/core-v1.ts';

/** Addresses with ports, the first three and how many more there are. */
export function endpointsText(pairs: readonly string[], total: number): string {
  if (pairs.length === 0) return '<none>';
  return pairs.length < total ? `${pairs.join(',')} + ${total - pairs.length} more...` : pairs.join(',');
}

export const endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  defaults: (draft) => {
    for (const subset of draft.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ??= 'TCP';
  },
  columns: [
    {
      name: 'Endpoints',
      type: 'string',
      value: (it) => {
        const all = (it.subsets ?? []).flatMap((subset) =>
          subset.ports?.length
            ? subset.ports.flatMap((port) => (subset.addresses ?? []).map((one) => `${one.ip}:${port.port}`))
            : (subset.addresses ?? []).map((one) => one.ip),
        );
        return endpointsText(all.slice(0, 3), all.length);
      },
    },
  ],
});
