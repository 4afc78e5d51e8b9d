import type { Express } from 'express';
import { notServed } from './handler.ts';

/** A part's word on its health: undefined when it is well, else what ails it. */
export type HealthCheck = { name: string; check: () => string | undefined };

/** That this can be answered at all is the first check; it alone says whether the process is worth keeping. */
const ping: HealthCheck = { name: 'ping', check: () => undefined };

/** /healthz and /livez say that the process lives, /readyz that all of its parts do; each check has a path of its own. */
export function serveHealth(app: Express, checks: readonly HealthCheck[]): void {
  for (const path of ['/healthz', '/livez', '/readyz']) {
    app.get([path, `${path}/:check`], (request, response) => {
      const name = request.params.check;
      const all = path === '/readyz' ? [ping, ...checks] : [ping];
      const excluded: unknown[] = [request.query.exclude].flat();
      const asked = name ? [ping, ...checks].filter((it) => it.name === name) : all.filter((it) => !excluded.includes(it.name));
      if (name && asked.length === 0) throw notServed();
      const results = asked.map((it) => ({ name: it.name, fault: it.check() }));
      const bad = results.some((it) => it.fault !== undefined);
      const lines = results.map((it) => (it.fault === undefined ? `[+]${it.name} ok` : `[-]${it.name} failed: ${it.fault}`));
      const verbose = bad || 'verbose' in request.query;
      response
        .status(bad ? 500 : 200)
        .type('text/plain')
        .set('Cache-Control', 'no-cache, private')
        .send(verbose ? `${lines.join('\n')}\n${path.slice(1)} check ${bad ? 'failed' : 'passed'}\n` : 'ok');
    });
  }
}
