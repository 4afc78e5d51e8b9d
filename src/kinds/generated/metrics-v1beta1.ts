// Generated from meta/schema/facts.json by kinds/generate-types.ts (npm run update). Do not edit.

import type { ListMeta, ObjectMeta, Quantity } from '../../meta/types.ts';

export interface ContainerMetrics {
  name: string;
  usage: { [key: string]: Quantity };
}

export interface NodeMetrics {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  timestamp: string;
  window: string;
  usage: { [key: string]: Quantity };
}

export interface NodeMetricsList {
  apiVersion: string;
  kind: string;
  metadata: ListMeta;
  items: NodeMetrics[];
}

export interface PodMetrics {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  timestamp: string;
  window: string;
  containers: ContainerMetrics[];
}

export interface PodMetricsList {
  apiVersion: string;
  kind: string;
  metadata: ListMeta;
  items: PodMetrics[];
}
