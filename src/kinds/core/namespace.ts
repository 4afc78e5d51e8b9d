import { dns1123Label } from '../../meta/names.ts';
import { allVerbs, defineKind } from '../define.ts';
import type { Namespace } from '../generated/core-v1.ts';

export const namespace = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  // Nobody deletes them all at once.
  verbs: allVerbs.filter((it) => it !== 'deletecollection'),
  nameFaults: dns1123Label,
  defaults: (draft) => {
    draft.spec ??= {};
    // Upstream labels every namespace with its name, so that selectors can pick one.
    if (draft.metadata.name) draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': draft.metadata.name };
  },
  prepareCreate: (draft) => {
    draft.spec.finalizers = ['kubernetes', ...(draft.spec.finalizers ?? []).filter((it) => it !== 'kubernetes')];
    draft.status = { phase: 'Active' };
  },
  prepareUpdate: (draft, was) => {
    // Only /finalize takes finalizers of the spec away.
    draft.spec.finalizers = was.spec.finalizers ?? [];
  },
  columns: [{ name: 'Status', type: 'string', value: (it) => it.status?.phase }],
  fields: { 'status.phase': (it) => it.status?.phase ?? '' },
});
