import type { ServerResponse } from 'node:http';
import type { AnyKind } from '../kinds/index.ts';
import { seconds } from '../lib/clock.ts';
import type { ApiContext } from './context.ts';
import type { Form } from './negotiate.ts';
import type { WatchParameters } from './options.ts';
import { columnsOf, partialOf, tableOf } from './table.ts';
import { type Notice, noticeLine, noticeObject, startWatch } from './verbs/watch.ts';

/** A watcher that leaves this many bytes unread is dropped; it comes back and starts from a list. */
const slowest = 16 * 1024 * 1024;
/** Upstream ends watches that name no time after half an hour to an hour, so that they spread over servers. */
const shortestSeconds = 1800;
const longestSeconds = 7 * 24 * 3600;
const bookmarkSeconds = 55;

/** Streams notices, a line each, until the client goes, the timeout comes, or the watch fails. */
export async function serveWatch(
  api: ApiContext,
  response: ServerResponse,
  kind: AnyKind,
  query: WatchParameters,
  form: Form,
): Promise<void> {
  const lineOf = linesIn(api, kind, query, form);
  // Notices may come before the watch is fully there: the head goes out with the first of them.
  const open = (): void => {
    if (response.headersSent) return;
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
    response.flushHeaders();
  };
  let ended = false;
  const stops: Array<() => void> = [];
  const end = (): void => {
    if (ended) return;
    ended = true;
    for (const stop of stops) stop();
    response.end();
  };
  response.on('close', end);
  // What is there at the start may be more than any client reads at once.
  let most = Number.POSITIVE_INFINITY;
  const write = gathered(response);
  const watch = await startWatch(api, kind, query, (notice) => {
    if (ended) return;
    open();
    write(lineOf(notice));
    if (notice.type === 'ERROR') queueMicrotask(end);
    else if (response.writableLength > most) {
      end();
      response.destroy();
    }
  });
  if (ended) return watch.stop();
  most = response.writableLength + slowest;
  open();
  stops.push(watch.stop, ...timersOf(api, query, watch.bookmark, end));
}

/** Writes that are made in one turn go out as one. */
function gathered(response: ServerResponse): (line: Buffer) => void {
  let corked = false;
  return (line) => {
    if (!corked) {
      corked = true;
      response.cork();
      process.nextTick(() => {
        corked = false;
        response.uncork();
      });
    }
    response.write(line);
  };
}

/** Bookmarks while the watch goes on, one more at its end. */
function timersOf(api: ApiContext, query: WatchParameters, bookmark: () => void, end: () => void): Array<() => void> {
  const asked = query.timeoutSeconds && query.timeoutSeconds > 0 ? query.timeoutSeconds : shortestSeconds * (1 + api.random.next());
  const timeout = seconds(Math.min(Math.ceil(asked), longestSeconds));
  if (!query.allowWatchBookmarks) return [api.clock.schedule(timeout, end)];
  let cancel = (): void => {};
  const again = (): void => {
    cancel = api.clock.schedule(seconds(bookmarkSeconds), () => {
      bookmark();
      again();
    });
  };
  again();
  const last = api.clock.schedule(timeout, () => {
    bookmark();
    end();
  });
  return [() => cancel(), last];
}

/** How each notice is written: as it is, or as a Table or metadata alone. Column definitions come with the first Table only. */
function linesIn(api: ApiContext, kind: AnyKind, query: WatchParameters, form: Form): (notice: Notice) => Buffer {
  let headers = true;
  return (notice) => {
    if (form.as === 'object' || notice.type === 'ERROR') return noticeLine(api, kind, notice);
    const object = noticeObject(kind, notice);
    const write = (shownAs: object): Buffer => Buffer.from(`${JSON.stringify({ type: notice.type, object: shownAs })}\n`);
    if (form.as !== 'Table') return write(partialOf(object, form.apiVersion));
    const { resourceVersion } = object.metadata;
    const options = { apiVersion: form.apiVersion, includeObject: query.includeObject, now: api.clock.now(), headers };
    headers = false;
    if (notice.type !== 'BOOKMARK') return write(tableOf(kind, [object], { resourceVersion }, options));
    // A bookmark is a row without content: its object has the revision and says when the initial events are over.
    const row = { cells: columnsOf(kind).map(() => ''), object: partialOf(object) };
    return write({ ...tableOf(kind, [], { resourceVersion }, options), rows: [row] });
  };
}
