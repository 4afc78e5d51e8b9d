import type { Io } from '../io.ts';
import { type Output, renderObject, withoutManagedFields } from '../printers/index.ts';
import { type AnyObject, objectName, type Resource } from '../resources/index.ts';
import { type DryRun, dryRunNote } from './dry-run.ts';

export type Told = { output: Exclude<Output, { as: 'table' }> | undefined; dryRun: DryRun; showManagedFields?: boolean | undefined };

/** What a verb says of one object: the object itself with -o, else `deployment.apps/web scaled`. */
export function tellChanged(io: Io, resource: Pick<Resource, 'kind' | 'group'>, object: AnyObject, did: string, told: Told): void {
  if (told.output) {
    const shown = told.showManagedFields ? object : withoutManagedFields(object);
    io.write(renderObject(told.output, { ...shown, apiVersion: object.apiVersion, kind: object.kind }));
    return;
  }
  const name = object.metadata.name || object.metadata.generateName || '';
  io.print(`${objectName(resource, name)} ${did}${dryRunNote(told.dryRun)}`);
}

export const outputFor = (output: Output | undefined): Exclude<Output, { as: 'table' }> | undefined =>
  output?.as === 'table' ? undefined : output;
