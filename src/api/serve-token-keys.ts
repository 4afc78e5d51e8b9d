import type { IncomingMessage, ServerResponse } from 'node:http';
import { notAllowed } from './handler.ts';
import { sendBytes } from './http.ts';
import type { RequestInfo } from './request.ts';
import type { AccountTokens } from './auth/tokens/account-tokens.ts';

const discoveryPath = '/.well-known/openid-configuration';
const keySetPath = '/openid/v1/jwks';

/** Answers the two paths by which others learn to check our tokens (OpenID Connect Discovery); false when it was none of them. */
export function serveTokenKeys(tokens: AccountTokens, request: IncomingMessage, response: ServerResponse, { path }: RequestInfo): boolean {
  if (path !== discoveryPath && path !== keySetPath) return false;
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD') throw notAllowed();
  if (path === keySetPath) {
    sendBytes(request, response, 200, Buffer.from(JSON.stringify(tokens.keySet())), 'application/jwk-set+json');
    return true;
  }
  const { issuer } = tokens;
  const document = {
    issuer,
    jwks_uri: `${issuer}${keySetPath}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
  sendBytes(request, response, 200, Buffer.from(JSON.stringify(document)));
  return true;
}
