// Generated from meta/schema/facts.json by kinds/generate-types.ts (npm run update). Do not edit.

import type { ListMeta, ObjectMeta, Quantity } from '../../meta/types.ts';
import type * as core_v1 from './core-v1.ts';

export interface Overhead {
  podFixed?: { [key: string]: Quantity };
}

export interface RuntimeClass {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  handler: string;
  overhead?: Overhead;
  scheduling?: Scheduling;
}

export interface RuntimeClassList {
  apiVersion: string;
  kind: string;
  metadata: ListMeta;
  items: RuntimeClass[];
}

export interface Scheduling {
  nodeSelector?: { [key: string]: string };
  tolerations?: core_v1.Toleration[];
}
