import { defineKind } from '../define.ts';
import type { Node } from '../generated/core-v1.ts';

export const node = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
});
