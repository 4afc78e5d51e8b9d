import type { ServerResponse } from 'node:http';
import type { AnyKind } from '../kinds/index.ts';
import { seconds } from '../lib/clock.ts';
import type { ApiContext } from './context.ts';
import type { Form } from './negotiate.ts';
import { partialOf, tableOf } from './table.ts';
import { type Notice, noticeLine, noticeObject, startWatch, type WatchQuery } from './verbs/watch.ts';

/** A watcher that leaves this many bytes unread is dropped; it comes back and starts from a list. */
const slowest = 16 * 1024 * 1024;

/** Streams notices, a line each, until the client goes, the timeout comes, or the watch fails. */
export async function serveWatch(
  api: ApiContext,
  response: ServerResponse,
  kind: AnyKind,
  query: WatchQuery,
  parameters: URLSearchParams,
  form: Form,
): Promise<void> {
  const timeout = seconds(
    Math.min(Math.max(1, Number(parameters.get('timeoutSeconds')) || 1800 + Math.floor(api.random.next() * 1800)), 7 * 24 * 3600),
  );
  let first = true;
  let ended = false;
  const lineOf = (notice: Notice): Buffer => {
    if (form.as === 'object' || notice.type === 'ERROR') return noticeLine(kind, notice);
    const object = noticeObject(kind, notice);
    const partial = form.as !== 'Table' || notice.type === 'BOOKMARK';
    const shownAs = partial
      ? partialOf(object)
      : tableOf(
          kind,
          [object],
          { resourceVersion: object.metadata.resourceVersion },
          {
            apiVersion: form.apiVersion,
            includeObject: parameters.get('includeObject') ?? 'Metadata',
            now: api.clock.now(),
            headers: first,
          },
        );
    first = false;
    return Buffer.from(`${JSON.stringify({ type: notice.type, object: shownAs })}\n`);
  };
  // Notices may come before the watch is fully there: the head goes out with the first of them.
  const open = (): void => {
    if (response.headersSent) return;
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
    response.flushHeaders();
  };
  let stop = (): void => {};
  const end = (): void => {
    if (ended) return;
    ended = true;
    stop();
    for (const cancel of timers) cancel();
    response.end();
  };
  const timers: Array<() => void> = [];
  const watch = await startWatch(api, kind, query, (notice) => {
    if (ended) return;
    open();
    response.write(lineOf(notice));
    if (notice.type === 'ERROR') queueMicrotask(end);
    else if (response.writableLength > slowest) {
      end();
      response.destroy();
    }
  });
  stop = watch.stop;
  open();
  response.on('close', end);
  if (response.destroyed || ended) {
    watch.stop();
    return end();
  }
  timers.push(
    api.clock.schedule(timeout, () => {
      if (query.allowWatchBookmarks) watch.bookmark();
      end();
    }),
  );
  if (query.allowWatchBookmarks) {
    const again = (): void => {
      timers[1] = api.clock.schedule(seconds(55), () => {
        watch.bookmark();
        again();
      });
    };
    again();
  }
}
