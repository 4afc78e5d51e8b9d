// Must stand first: the X.509 library throws at import without it.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

/** Both as PEM. */
export type KeyPair = { cert: string; key: string };

export type Wanted = {
  /** Milliseconds since 1970. */
  now: number;
  years: number;
  /** Who signs; without it the certificate is an authority's own. */
  ca?: KeyPair;
  /** Of a server: host names and IP addresses. */
  names?: readonly string[];
  client?: { user: string; groups: readonly string[] };
};

const hour = 3_600_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

// The library's types name the browser's Web Crypto types, of which Node's are a copy.
type Key = Parameters<typeof x509.SubjectKeyIdentifierExtension.create>[0] & object;
const asKey = (key: webcrypto.CryptoKey): Key => key as unknown as Key;

/** Makes a key (EC P-256) and its certificate. This file alone loads the X.509 library, which takes a while. */
export async function makeCertificate(wanted: Wanted): Promise<KeyPair> {
  const crypto = webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0];
  x509.cryptoProvider.set(crypto);
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const common = {
    // Clocks of clients may be late.
    notBefore: new Date(wanted.now - hour),
    notAfter: new Date(wanted.now + wanted.years * 365 * 24 * hour),
    signingAlgorithm: algorithm,
    serialNumber: serialNumber(),
  };
  const identifier = await x509.SubjectKeyIdentifierExtension.create(asKey(keys.publicKey), false, crypto);
  const certificate = wanted.ca
    ? await x509.X509CertificateGenerator.create({
        ...common,
        subject: subjectOf(wanted),
        issuer: new x509.X509Certificate(wanted.ca.cert).subjectName.toJSON(),
        publicKey: asKey(keys.publicKey),
        signingKey: asKey(await signingKey(wanted.ca)),
        extensions: [...extensionsOf(wanted), identifier, await authorityOf(wanted.ca, crypto)],
      })
    : await x509.X509CertificateGenerator.createSelfSigned({
        ...common,
        name: [{ CN: ['peapod'] }],
        keys: { publicKey: asKey(keys.publicKey), privateKey: asKey(keys.privateKey) },
        extensions: [
          new x509.BasicConstraintsExtension(true, undefined, true),
          new x509.KeyUsagesExtension(
            x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
            true,
          ),
          identifier,
        ],
      });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' });
  return { cert: `${certificate.toString('pem')}\n`, key: key.toString() };
}

const subjectOf = ({ client }: Wanted): x509.JsonName =>
  client ? [...client.groups.map((it) => ({ O: [it] })), { CN: [client.user] }] : [{ CN: ['peapod-api'] }];

function extensionsOf({ client, names = [] }: Wanted): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([client ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth]),
    ...(names.length > 0
      ? [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }) as const))]
      : []),
  ];
}

/** Names the signer's key: strict clients (Python since 3.13) refuse certificates without. */
async function authorityOf(ca: KeyPair, crypto: Parameters<typeof x509.cryptoProvider.set>[0]): Promise<x509.Extension> {
  const der = createPublicKey(ca.cert).export({ type: 'spki', format: 'der' });
  return x509.AuthorityKeyIdentifierExtension.create(
    asKey(await webcrypto.subtle.importKey('spki', der, algorithm, true, ['verify'])),
    false,
    crypto,
  );
}

function signingKey(ca: KeyPair): Promise<webcrypto.CryptoKey> {
  const pkcs8 = createPrivateKey(ca.key).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
}

/** Sixteen random bytes that read as a positive number without leading zeros. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
