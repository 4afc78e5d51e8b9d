import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CommandError, messageOf } from '../command.ts';
import { onOff, text } from '../grammar/flags.ts';
import { contentHash } from '../kustomize/index.ts';
import { createFlags, createMade, type Draft, oneName } from './create-from.ts';
import { contentOf, sourceFlags } from './create-sources.ts';
import { verb } from './verb.ts';

const hashFlag = { appendHash: onOff('Add a hash of the content to the name') } as const;

const hashed = (object: Draft, wanted: boolean | undefined): Draft =>
  wanted
    ? {
        ...object,
        metadata: { ...object.metadata, name: `${String(object.metadata.name)}-${contentHash(object, String(object.metadata.name))}` },
      }
    : object;

export const createConfigMap = verb({
  name: 'configmap',
  aliases: ['cm'],
  summary: 'Create a config map from files and literals',
  usage: 'NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  flags: { ...createFlags, ...sourceFlags, ...hashFlag },
  async run(context) {
    const name = oneName(context, 'create configmap');
    const data: Record<string, string> = {};
    const binaryData: Record<string, string> = {};
    for (const [key, bytes] of contentOf(context.flags, 'ConfigMap', name)) {
      const asText = bytes.toString('utf8');
      if (Buffer.from(asText, 'utf8').equals(bytes)) data[key] = asText;
      else binaryData[key] = bytes.toString('base64');
    }
    const parts = { ...(Object.keys(data).length > 0 && { data }), ...(Object.keys(binaryData).length > 0 && { binaryData }) };
    await createMade(context, hashed({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...parts }, context.flags.appendHash));
    return 0;
  },
});

const secretOf = (name: string, data: Record<string, string>, type: string | undefined): Draft => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  ...(Object.keys(data).length > 0 && { data }),
  ...(type && { type }),
});

const encoded = (content: Iterable<readonly [string, Buffer]>): Record<string, string> =>
  Object.fromEntries([...content].map(([key, bytes]) => [key, bytes.toString('base64')]));

const generic = verb({
  name: 'generic',
  summary: 'Create a secret from files and literals',
  usage: 'NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  flags: { ...createFlags, ...sourceFlags, ...hashFlag, type: text('Type of the secret') },
  async run(context) {
    const name = oneName(context, 'create secret generic');
    await createMade(
      context,
      hashed(secretOf(name, encoded(contentOf(context.flags, 'Secret', name)), context.flags.type), context.flags.appendHash),
    );
    return 0;
  },
});

const tls = verb({
  name: 'tls',
  summary: 'Create a secret from a certificate and its key',
  usage: 'NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]',
  flags: { ...createFlags, ...hashFlag, cert: text('File with the certificate'), key: text('File with the key') },
  async run(context) {
    const name = oneName(context, 'create secret tls');
    const { cert, key, appendHash } = context.flags;
    if (!cert || !key) throw new CommandError('key and cert must be specified');
    const [certBytes, keyBytes] = [readPem(cert), readPem(key)];
    const fault = pairFault(certBytes, keyBytes);
    if (fault) throw new CommandError(`tls: ${fault}`);
    const data = encoded([['tls.crt', certBytes] as const, ['tls.key', keyBytes] as const]);
    await createMade(context, hashed(secretOf(name, data, 'kubernetes.io/tls'), appendHash));
    return 0;
  },
});

/** What is wrong with a certificate and its key, in the words of Go's tls.X509KeyPair; undefined when they belong together. */
function pairFault(cert: Buffer, key: Buffer): string | undefined {
  if (!cert.includes('-----BEGIN')) return 'failed to find any PEM data in certificate input';
  if (!cert.includes('-----BEGIN CERTIFICATE-----'))
    return 'failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: []';
  if (!key.includes('-----BEGIN')) return 'failed to find any PEM data in key input';
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)) ? undefined : 'private key does not match public key';
  } catch (cause) {
    return messageOf(cause);
  }
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new CommandError(
      `Cannot read file ${path}, ${(cause as NodeJS.ErrnoException).code === 'ENOENT' ? `open ${path}: no such file or directory` : messageOf(cause)}`,
      { cause },
    );
  }
}

const registry = verb({
  name: 'docker-registry',
  summary: 'Create a secret to log in to a registry with',
  usage:
    'NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=file] [--dry-run=server|client|none]',
  flags: {
    ...createFlags,
    ...hashFlag,
    dockerUsername: text('User name'),
    dockerPassword: text('Password'),
    dockerEmail: text('Address of the user'),
    dockerServer: text('The registry (default https://index.docker.io/v1/)'),
    fromFile: sourceFlags.fromFile,
  },
  async run(context) {
    const name = oneName(context, 'create secret docker-registry');
    const { dockerUsername, dockerPassword, dockerEmail, dockerServer, fromFile, appendHash } = context.flags;
    let content: Buffer;
    if (fromFile?.length) content = contentOf({ fromFile }, 'Secret', name).values().next().value as Buffer;
    else {
      if (!dockerUsername || !dockerPassword)
        throw new CommandError(
          'either --from-file or the combination of --docker-username, --docker-password and --docker-server is required',
        );
      const login = {
        username: dockerUsername,
        password: dockerPassword,
        ...(dockerEmail && { email: dockerEmail }),
        auth: Buffer.from(`${dockerUsername}:${dockerPassword}`).toString('base64'),
      };
      content = Buffer.from(JSON.stringify({ auths: { [dockerServer ?? 'https://index.docker.io/v1/']: login } }));
    }
    await createMade(
      context,
      hashed(secretOf(name, encoded([['.dockerconfigjson', content] as const]), 'kubernetes.io/dockerconfigjson'), appendHash),
    );
    return 0;
  },
});

export const createSecret = verb({
  name: 'secret',
  summary: 'Create a secret of one of these types',
  usage: '(docker-registry | generic | tls)',
  flags: {},
  children: [registry, generic, tls],
});

export const createNamespace = verb({
  name: 'namespace',
  aliases: ['ns'],
  summary: 'Create a namespace',
  usage: 'NAME [--dry-run=server|client|none]',
  flags: createFlags,
  async run(context) {
    const name = oneName(context, 'create namespace');
    await createMade(context, { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {}, status: {} }, { namespaced: false });
    return 0;
  },
});

export const createServiceAccount = verb({
  name: 'serviceaccount',
  aliases: ['sa'],
  summary: 'Create a service account',
  usage: 'NAME [--dry-run=server|client|none]',
  flags: createFlags,
  async run(context) {
    await createMade(context, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: oneName(context, 'create serviceaccount') } });
    return 0;
  },
});
