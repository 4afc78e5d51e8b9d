import type { core } from '../../kinds/index.ts';
import type { AnyObject, Resource } from '../resources/index.ts';

/** What a description may look up besides the object itself. What is not served is empty. */
export type Lookup = {
  now: number;
  events(object: AnyObject): Promise<core.Event[]>;
  /** All of a kind, by its plural and group. */
  all(plural: string, namespace: string | undefined, query?: { labelSelector?: string; fieldSelector?: string }): Promise<AnyObject[]>;
  one(plural: string, namespace: string | undefined, name: string): Promise<AnyObject | undefined>;
};

/** Describes one object; with no list of events where kubectl shows none. */
export type Describer = (object: AnyObject, lookup: Lookup, resource: Resource) => Promise<string>;
