import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { AnyKind } from '../kinds/index.ts';
import type { Metrics } from '../lib/metrics.ts';
import { notServed } from './handler.ts';
import { sendBytes, sendError, sendObject } from './http.ts';
import { openApiV2 } from './openapi/v2.ts';
import { openApiV3 } from './openapi/v3.ts';
import { versionInfo } from './version.ts';

/** Version, metrics, OpenAPI: what is asked for seldom. */
export function plainPaths(kinds: readonly AnyKind[], metrics: Metrics): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((request, _, next) => {
    // Bodies mean nothing here; left unread, they would hold the connection.
    request.resume();
    next();
  });
  const [v2, v3] = [openApiV2(kinds), openApiV3(kinds)];
  app.get('/version', (request, response) => sendObject(request, response, 200, versionInfo()));
  app.get('/metrics', async (_, response) => void response.type('text/plain; version=0.0.4').send(await metrics.text()));
  app.get('/openapi/v2', (request, response) => {
    const asProtobuf = String(request.headers.accept ?? '').includes('protobuf');
    // Written with dots: the client's own spelling, with @, is no media type to Go.
    if (asProtobuf) sendBytes(request, response, 200, v2.protobuf(), 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    else sendBytes(request, response, 200, v2.json());
  });
  app.get('/openapi/v3', (request, response) => sendObject(request, response, 200, v3.index()));
  app.get('/openapi/v3/*path', (request, response) => {
    const document = v3.document(request.path.slice('/openapi/v3/'.length));
    if (!document) throw notServed();
    sendBytes(request, response, 200, document);
  });
  app.get('/', (request, response) => {
    const roots = ['/api', '/api/v1', '/apis', ...new Set(kinds.filter((it) => it.group).map((it) => `/apis/${it.apiVersion}`))];
    const others = ['/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];
    sendObject(request, response, 200, { paths: [...roots, ...others] });
  });
  app.use(() => {
    throw notServed();
  });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => void sendError(request, response, error));
  return app;
}
