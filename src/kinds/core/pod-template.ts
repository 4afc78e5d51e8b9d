import { deepEqual } from '../../meta/copy.ts';
import { selectorText } from '../../meta/selector.ts';
import { defineKind } from '../define.ts';
import type { PodTemplate } from '../generated/core-v1.ts';
import { defaultTemplate } from './pod/defaults.ts';
import { podTemplateFaults } from './pod/validate.ts';

const containersOf = (it: PodTemplate): ReadonlyArray<{ name: string; image?: string }> => it.template?.spec?.containers ?? [];

export const podTemplate = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  namespaced: true,
  defaults: (draft) => defaultTemplate(draft.template),
  // What counts here is the template: there is no spec to count changes of.
  prepareCreate: (draft) => {
    draft.metadata.generation = 1;
  },
  prepareUpdate: (draft, was) => {
    const { generation = 1 } = was.metadata;
    draft.metadata.generation = deepEqual(draft.template, was.template) ? generation : generation + 1;
  },
  validate: (it) => podTemplateFaults(it.template ?? {}, 'template'),
  bareTable: true,
  columns: [
    { name: 'Name', type: 'string', format: 'name', value: (it) => it.metadata.name },
    {
      name: 'Containers',
      type: 'string',
      value: (it) =>
        containersOf(it)
          .map((c) => c.name)
          .join(','),
    },
    {
      name: 'Images',
      type: 'string',
      value: (it) =>
        containersOf(it)
          .map((c) => c.image)
          .join(','),
    },
    { name: 'Pod Labels', type: 'string', value: (it) => selectorText({ matchLabels: it.template?.metadata?.labels ?? {} }) || '<none>' },
  ],
});
