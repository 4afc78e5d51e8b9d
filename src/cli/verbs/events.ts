import type { core } from '../../kinds/index.ts';
import { CommandError } from '../command.ts';
import { humanDuration } from '../grammar/duration.ts';
import { number, onOff, text, texts } from '../grammar/flags.ts';
import { outputOf, renderLines, renderObject } from '../printers/index.ts';
import { pathOf, resourceNamed } from '../resources/index.ts';
import { outputFor } from './changed.ts';
import { everywhereFlag, outputFlags } from './flag-sets.ts';
import { list } from './selection.ts';
import { verb } from './verb.ts';

export const events = verb({
  name: 'events',
  summary: 'List events, the newest last',
  usage: '[(-o|--output=)json|yaml] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]',
  flags: {
    ...everywhereFlag,
    ...outputFlags,
    for: text('Only about this object: TYPE/NAME'),
    types: texts('Only of these types'),
    watch: onOff('Show more as they come', { short: 'w' }),
    noHeaders: onOff('Leave out the headers'),
    chunkSize: number('Taken and ignored', { hidden: true }),
  },
  async run(context) {
    const { flags: given, io } = context;
    const session = context.session();
    const output = outputFor(outputOf(given.output, { withTables: false }));
    const served = await session.served();
    const resource = resourceNamed(served, 'events');
    const [type = '', name = ''] = (given.for ?? '').split('/');
    if ((given.for ?? '').split('/').length > 2) throw new CommandError('arguments in resource/name form may not have more than one slash');
    if (given.types?.some((it) => !['normal', 'warning'].includes(it.toLowerCase())))
      throw new CommandError('valid --types are Normal or Warning');
    if (given.for !== undefined && name === '') throw new CommandError('--for must be in resource/name form');
    const about = given.for === undefined ? undefined : resourceNamed(served, type);
    const fieldSelector = about ? `involvedObject.kind=${about.kind},involvedObject.name=${name}` : undefined;
    const all = (await list(session, resource, given.allNamespaces === true, { fieldSelector })) as unknown as core.Event[];
    const isWanted = (it: core.Event): boolean =>
      !given.types?.length || given.types.some((each) => each.toLowerCase() === it.type?.toLowerCase());
    const shown = all.filter(isWanted).sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
    if (output) {
      io.write(renderObject(output, { apiVersion: 'v1', kind: 'List', metadata: {}, items: shown }));
      return 0;
    }
    const row = (it: core.Event): string[] => [
      ...(given.allNamespaces ? [it.metadata.namespace ?? ''] : []),
      seen(it, io.clock.now()),
      it.type ?? '',
      it.reason ?? '',
      `${it.involvedObject?.kind}/${it.involvedObject?.name}`,
      (it.message ?? '').trim(),
    ];
    const header = given.noHeaders
      ? []
      : [[...(given.allNamespaces ? ['NAMESPACE'] : []), 'LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE']];
    if (shown.length === 0 && !given.watch) {
      io.tell(given.allNamespaces ? 'No events found.' : `No events found in ${session.namespace} namespace.`);
      return 0;
    }
    io.write(renderLines([...header, ...shown.map(row)]));
    if (!given.watch) return 0;
    const path = pathOf(resource, given.allNamespaces ? undefined : session.namespace);
    for await (const { type: what, object } of session.requests.watch<core.Event>({
      path,
      query: { watch: true, fieldSelector, sendInitialEvents: undefined },
    }))
      if (what === 'ADDED' || what === 'MODIFIED') if (isWanted(object)) io.write(renderLines([row(object)]));
    return 0;
  },
});

const timeOf = (it: core.Event): string => it.series?.lastObservedTime ?? it.lastTimestamp ?? it.eventTime ?? it.firstTimestamp ?? '';

function seen(it: core.Event, now: number): string {
  const ago = (time: string | undefined): string => (time ? humanDuration(now - Date.parse(time)) : '<unknown>');
  const first = it.firstTimestamp ?? it.eventTime;
  if (it.series) return `${ago(it.series.lastObservedTime)} (x${it.series.count} over ${ago(first)})`;
  return (it.count ?? 0) > 1 ? `${ago(it.lastTimestamp)} (x${it.count} over ${ago(first)})` : ago(first);
}
