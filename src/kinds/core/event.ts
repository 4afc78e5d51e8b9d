import { defineKind } from '../define.ts';
import type { Event } from '../generated/core-v1.ts';

export const event = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
});
