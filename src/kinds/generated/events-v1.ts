// Generated from meta/schema/facts.json by kinds/generate-types.ts (npm run update). Do not edit.

import type { ListMeta, ObjectMeta } from '../../meta/types.ts';
import type * as core_v1 from './core-v1.ts';

export interface Event {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  eventTime: string;
  series?: EventSeries;
  reportingController?: string;
  reportingInstance?: string;
  action?: string;
  reason?: string;
  regarding?: core_v1.ObjectReference;
  related?: core_v1.ObjectReference;
  note?: string;
  type?: string;
  deprecatedSource?: core_v1.EventSource;
  deprecatedFirstTimestamp?: string;
  deprecatedLastTimestamp?: string;
  deprecatedCount?: number;
}

export interface EventList {
  apiVersion: string;
  kind: string;
  metadata: ListMeta;
  items: Event[];
}

export interface EventSeries {
  count: number;
  lastObservedTime: string;
}
