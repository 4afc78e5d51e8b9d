import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import type { KeyPair, Wanted } from './make-certificate.ts';

export type Pki = {
  /** PEM: what clients check the server against. */
  caCertificate: string;
  server: KeyPair;
  /** Of `kubernetes-admin` in `system:masters`. */
  admin: KeyPair;
  /** PEM of the private key that tokens of service accounts are signed with. */
  tokenKey: string;
  /** A new client certificate, good for a year; it is kept nowhere. */
  signClient(user: string, groups: readonly string[]): Promise<KeyPair>;
};

const day = 86_400_000;
/** Certificates are made anew when they have less than this left. */
const renewBefore = 30 * day;

/** By these the server is known in every cluster, besides the names it is given. */
const usualNames = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '127.0.0.1',
  '::1',
];

/**
 * The cluster's certificates in `dir`: made at first, used after that, renewed when they run out or when the server
 * has got another name. The CA stays, so that kubeconfigs keep working: one that is damaged is an error, not a reason
 * for another. The X.509 library is loaded only to make a certificate.
 */
export async function openPki(dir: string, options: { serverNames: readonly string[]; clock: Clock }): Promise<Pki> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const now = options.clock.now();
  const make = async (wanted: Omit<Wanted, 'now'>): Promise<KeyPair> => {
    const { makeCertificate } = await import('./make-certificate.ts');
    return makeCertificate({ ...wanted, now: options.clock.now() });
  };
  const kept = async (name: string, found: KeyPair | undefined, wanted: Omit<Wanted, 'now'>): Promise<KeyPair> => {
    if (found) return found;
    const made = await make(wanted);
    write(dir, name, made);
    return made;
  };
  const ca = await kept('ca', readCa(dir, now), { years: 10 });
  const authority = new X509Certificate(ca.cert);
  const issued = (certificate: X509Certificate): boolean => certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  const names = [...new Set([...usualNames, ...options.serverNames])];
  const named = (certificate: X509Certificate): boolean =>
    names.every((name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined);
  const admin = { user: 'kubernetes-admin', groups: ['system:masters'] };
  return {
    caCertificate: ca.cert,
    server: await kept(
      'server',
      readIssued(dir, 'server', now, (it) => issued(it) && named(it)),
      { years: 1, ca, names },
    ),
    admin: await kept('admin', readIssued(dir, 'admin', now, issued), { years: 1, ca, client: admin }),
    tokenKey: tokenKey(dir),
    signClient: (user, groups) => make({ years: 1, ca, client: { user, groups } }),
  };
}

const filesOf = (dir: string, name: string): KeyPair => ({ cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) });

const current = (certificate: X509Certificate, now: number): boolean => Date.parse(certificate.validTo) - now > renewBefore;

function readPair(dir: string, name: string): { pair: KeyPair; certificate: X509Certificate } {
  const files = filesOf(dir, name);
  const pair = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
  const certificate = new X509Certificate(pair.cert);
  if (!certificate.checkPrivateKey(createPrivateKey(pair.key))) throw new Error('the key does not belong to the certificate');
  return { pair, certificate };
}

function readCa(dir: string, now: number): KeyPair | undefined {
  const files = filesOf(dir, 'ca');
  // The certificate is written last: a key alone is left over from a first start that was cut off.
  if (!existsSync(files.cert)) return undefined;
  try {
    const { pair, certificate } = readPair(dir, 'ca');
    if (!certificate.ca) throw new Error('it is not the certificate of an authority');
    return current(certificate, now) ? pair : undefined;
  } catch (cause) {
    throw new Error(
      `the cluster's certificate authority (${files.cert}, ${files.key}) cannot be used: ${(cause as Error).message}. ` +
        'Put the files back from a backup, or move that folder away and start again: new certificates are made then, and kubeconfig files written before have to be written anew',
      { cause },
    );
  }
}

/** Undefined when it has to be made anew: missing, damaged, running out, or not what is needed. Nothing is lost by that. */
function readIssued(dir: string, name: string, now: number, fits: (certificate: X509Certificate) => boolean): KeyPair | undefined {
  try {
    const { pair, certificate } = readPair(dir, name);
    return current(certificate, now) && fits(certificate) ? pair : undefined;
  } catch {
    return undefined;
  }
}

/** The one that is kept; a new one when it is missing or damaged: pods get new tokens then. */
function tokenKey(dir: string): string {
  const path = join(dir, 'tokens.key');
  try {
    const text = readFileSync(path, 'utf8');
    if (createPrivateKey(text).asymmetricKeyDetails?.namedCurve === 'prime256v1') return text;
  } catch {
    // Not there, or no key.
  }
  const made = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFile(path, made);
  return made;
}

function write(dir: string, name: string, pair: KeyPair): void {
  const files = filesOf(dir, name);
  for (const part of ['key', 'cert'] as const) writeFile(files[part], pair[part]);
}

/** Whole or not at all, and for the owner alone. */
function writeFile(path: string, text: string): void {
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}
