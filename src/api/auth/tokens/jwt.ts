import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** The key that tokens are signed with (P-256, ES256), and the name it goes by in them. */
export type SigningKey = { key: KeyObject; publicKey: KeyObject; id: string };

export type Claims = { readonly [name: string]: unknown };

/** The name is a hash of the public key, as upstream's: whoever has the key set finds the key by it. */
export function signingKey(pem: string): SigningKey {
  const key = createPrivateKey(pem);
  const publicKey = createPublicKey(key);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { key, publicKey, id: createHash('sha256').update(der).digest('base64url') };
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function signJwt({ key, id }: SigningKey, claims: Claims): string {
  const content = `${part({ alg: 'ES256', kid: id })}.${part(claims)}`;
  return `${content}.${sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** What a token says, whoever has signed it; undefined when it is no JWT. */
export function readJwt(token: string): { algorithm: unknown; claims: Claims } | undefined {
  const [head, body, signature, ...more] = token.split('.');
  if (!head || !body || !signature || more.length > 0) return undefined;
  const [header, claims] = [head, body].map(objectIn);
  return header && claims ? { algorithm: header.alg, claims } : undefined;
}

/** Whether the key has signed the token. No other algorithm is taken, whatever the token says. */
export function isSignedBy({ publicKey }: SigningKey, token: string): boolean {
  const end = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  return (
    readJwt(token)?.algorithm === 'ES256' &&
    verify('sha256', Buffer.from(token.slice(0, end)), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
  );
}

function objectIn(encoded: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined;
  } catch {
    // Somebody else's token, of another form.
    return undefined;
  }
}

/** The public key as others check tokens by it (RFC 7517). */
export const keySetOf = ({ publicKey, id }: SigningKey): object => ({
  keys: [{ use: 'sig', ...publicKey.export({ format: 'jwk' }), kid: id, alg: 'ES256' }],
});
