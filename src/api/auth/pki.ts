import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';

export type KeyPair = { cert: string; key: string };
export type Pki = { caCertificate: string; server: KeyPair; admin: KeyPair };

const day = 86_400_000;
/** Certificates are made anew when they have less than this left. */
const renewBefore = 30 * day;

/**
 * The cluster's certificates in `dir`: made at first, used after that, renewed when they run out or when the server
 * has got another name. The CA stays, so that kubeconfigs keep working. The X.509 library is loaded only to make one.
 */
export async function openPki(dir: string, options: { serverNames: readonly string[]; clock: Clock }): Promise<Pki> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const now = options.clock.now();
  const ca = read(dir, 'ca', now, () => true) ?? (await make(dir, 'ca', { now, years: 10 }));
  const issued = (certificate: X509Certificate): boolean => certificate.checkIssued(new X509Certificate(ca.cert));
  const named = (certificate: X509Certificate): boolean =>
    options.serverNames.every((name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined);
  const server =
    read(dir, 'server', now, (it) => issued(it) && named(it)) ??
    (await make(dir, 'server', { now, years: 1, ca, names: options.serverNames }));
  const admin =
    read(dir, 'admin', now, issued) ?? (await make(dir, 'admin', { now, years: 1, ca, user: 'kubernetes-admin', group: 'system:masters' }));
  return { caCertificate: ca.cert, server, admin };
}

function read(dir: string, name: string, now: number, fits: (certificate: X509Certificate) => boolean): KeyPair | undefined {
  const [certFile, keyFile] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
  if (!existsSync(certFile) || !existsSync(keyFile)) return undefined;
  const pair = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  try {
    const certificate = new X509Certificate(pair.cert);
    if (!certificate.checkPrivateKey(createPrivateKey(pair.key))) throw new Error('the key does not belong to the certificate');
    return Date.parse(certificate.validTo) - now > renewBefore && fits(certificate) ? pair : undefined;
  } catch (cause) {
    throw new Error(
      `${certFile} or its key is damaged: move ${dir} away and start again (new certificates are made; run "peapod kubeconfig" after that)`,
      { cause },
    );
  }
}

type Wanted = { now: number; years: number; ca?: KeyPair; names?: readonly string[]; user?: string; group?: string };

async function make(dir: string, name: string, wanted: Wanted): Promise<KeyPair> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const crypto = webcrypto;
  // The library's types name the browser's Crypto, which Node's is.
  x509.cryptoProvider.set(webcrypto as never);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const common = {
    notBefore: new Date(wanted.now - 3_600_000),
    notAfter: new Date(wanted.now + wanted.years * 365 * day),
    signingAlgorithm: algorithm,
    serialNumber: Buffer.from(crypto.getRandomValues(new Uint8Array(16)))
      .toString('hex')
      .replace(/^[89a-f]/, '1'),
  };
  let certificate: InstanceType<typeof x509.X509Certificate>;
  if (!wanted.ca) {
    certificate = await x509.X509CertificateGenerator.createSelfSigned({
      ...common,
      name: 'CN=peapod',
      keys: keys as never,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ],
    });
  } else {
    const issuer = new x509.X509Certificate(wanted.ca.cert);
    const pkcs8 = createPrivateKey(wanted.ca.key).export({ type: 'pkcs8', format: 'der' });
    const signingKey = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
    certificate = await x509.X509CertificateGenerator.create({
      ...common,
      subject: wanted.user ? `CN=${wanted.user}, O=${wanted.group}` : 'CN=peapod-api',
      issuer: issuer.subject,
      publicKey: keys.publicKey as never,
      signingKey: signingKey as never,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([wanted.user ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1']),
        ...(wanted.names
          ? [new x509.SubjectAlternativeNameExtension(wanted.names.map((it) => ({ type: isIP(it) ? 'ip' : 'dns', value: it }) as const))]
          : []),
      ],
    });
  }
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trim();
  const pair = { cert: `${certificate.toString('pem')}\n`, key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n` };
  write(join(dir, `${name}.key`), pair.key);
  write(join(dir, `${name}.crt`), pair.cert);
  return pair;
}

/** Whole or not at all, and for the owner alone. */
function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}
