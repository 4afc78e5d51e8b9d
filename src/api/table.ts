import { type AnyKind, ageColumn, type Column } from '../kinds/index.ts';
import type { KubeObject } from '../meta/types.ts';

type AnyColumn = Column<KubeObject>;
const nameColumn: AnyColumn = { name: 'Name', type: 'string', format: 'name', value: (it) => it.metadata.name };

/** Name first, Age before what is shown with -o wide alone; a record may place both itself. */
export function columnsOf(kind: AnyKind): AnyColumn[] {
  const own = (kind.columns ?? []) as readonly AnyColumn[];
  if (kind.bareTable) return [...own];
  if (own.some((it) => it.name === 'Age')) return [nameColumn, ...own];
  const wide = own.findIndex((it) => it.wide);
  const at = wide < 0 ? own.length : wide;
  return [nameColumn, ...own.slice(0, at), ageColumn, ...own.slice(at)];
}

export type TableOptions = { apiVersion: string; includeObject: string; now: number; headers: boolean };

/** The meta.k8s.io Table that kubectl prints. */
export function tableOf(kind: AnyKind, objects: readonly KubeObject[], metadata: object, options: TableOptions): object {
  const columns = columnsOf(kind);
  return {
    kind: 'Table',
    apiVersion: options.apiVersion,
    metadata,
    columnDefinitions: options.headers
      ? columns.map((it) => ({
          name: it.name,
          type: it.type,
          format: it.format ?? '',
          description: it.description ?? '',
          priority: it.wide ? 1 : 0,
        }))
      : null,
    rows: objects.map((object) => ({
      cells: columns.map((it) => it.value(object, options.now) ?? ''),
      ...(options.includeObject !== 'None' && {
        object: options.includeObject === 'Object' ? object : partialOf(object, options.apiVersion),
      }),
    })),
  };
}

export const partialOf = (object: KubeObject, apiVersion = 'meta.k8s.io/v1'): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion,
  metadata: object.metadata,
});
