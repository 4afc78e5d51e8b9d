import { defineKind } from '../define.ts';
import type { EndpointSlice } from '../generated/discovery-v1.ts';

export const endpointSlice = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
});
