// Generated from meta/schema/facts.json by kinds/generate-types.ts (npm run update). Do not edit.

import type { Condition, GroupResource, ListMeta, ObjectMeta } from '../../meta/types.ts';

export interface StorageVersionMigration {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: StorageVersionMigrationSpec;
  status?: StorageVersionMigrationStatus;
}

export interface StorageVersionMigrationList {
  apiVersion: string;
  kind: string;
  metadata: ListMeta;
  items: StorageVersionMigration[];
}

export interface StorageVersionMigrationSpec {
  resource: GroupResource;
}

export interface StorageVersionMigrationStatus {
  conditions?: Condition[];
  resourceVersion?: string;
}
