import { number, onOff, text, texts } from '../grammar/flags.ts';
import type { Resource, Target } from '../resources/index.ts';
import { everywhereFlag, fileFlags, outputFlags, selectorFlags } from './flag-sets.ts';
import type { VerbContext } from './verb.ts';

export const getFlags = {
  ...fileFlags,
  ...selectorFlags,
  ...everywhereFlag,
  ...outputFlags,
  watch: onOff('After listing, watch for changes', { short: 'w' }),
  watchOnly: onOff('Watch for changes without listing first'),
  outputWatchEvents: onOff('Show the type of event'),
  sortBy: text('Path of the field to sort by: .metadata.creationTimestamp'),
  noHeaders: onOff('Leave out the headers'),
  showLabels: onOff('Show all labels as the last column'),
  labelColumns: texts('Labels to be shown as columns', { short: 'L' }),
  showKind: onOff('Show the kind before each name'),
  ignoreNotFound: onOff('End with 0 when what is named is not there'),
  chunkSize: number('Objects per request; 0 is all at once'),
  serverPrint: onOff('Taken; tables always come from the server', { hidden: true }),
  subresource: text('Get this subresource: status or scale'),
  raw: text('GET this path and print the answer'),
} as const;
export type GetContext = VerbContext<typeof getFlags>;

/** What one request is to be made for: an object, or all of a kind. */
export type Wanted = { resource: Resource; target?: Target };
