// Generated from meta/schema/facts.json by kinds/generate-types.ts (npm run update). Do not edit.

import type { ListMeta, ObjectMeta } from '../../meta/types.ts';

export interface PriorityClass {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  value?: number;
  globalDefault?: boolean;
  description?: string;
  preemptionPolicy?: string;
}

export interface PriorityClassList {
  apiVersion: string;
  kind: string;
  metadata: ListMeta;
  items: PriorityClass[];
}
