import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError } from '../command.ts';
import type { Fields } from '../connection/contexts.ts';
import { lines, onOff, text, texts } from '../grammar/flags.ts';
import { exactly, writeEntry } from './config-file.ts';
import { halves } from './pairs.ts';
import { verb } from './verb.ts';

/** Without what is undefined or empty: kubeconfigs leave such fields out. */
const kept = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''));

/** What stands in the file, or where it is: the one displaces the other. */
function fileFields(field: string, path: string | undefined, embed: boolean): Fields {
  if (path === undefined) return {};
  if (embed) return { [field]: undefined, [`${field}-data`]: readFileSync(path).toString('base64') };
  return { [field]: path === '' ? '' : resolve(path), ...(path !== '' && { [`${field}-data`]: undefined }) };
}

function checkThere(flag: string, path: string | undefined): void {
  if (path && !statSync(path, { throwIfNoEntry: false }))
    throw new CommandError(`could not stat ${flag} file ${path}: stat ${path}: no such file or directory`);
}

export const setCluster = verb({
  name: 'set-cluster',
  summary: 'Change a cluster or make one',
  usage: 'NAME [--server=server] [--certificate-authority=path] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]',
  flags: { embedCerts: onOff('Put the content of the file into the kubeconfig'), proxyUrl: text('The proxy it is reached through') },
  async run(context) {
    const { globals, flags: given } = context;
    const [name = ''] = exactly(context, 1);
    const { server, tlsServerName, insecureSkipTlsVerify, certificateAuthority } = globals;
    if (insecureSkipTlsVerify && certificateAuthority)
      throw new CommandError('you cannot specify a certificate authority and insecure mode at the same time');
    if (given.embedCerts && !certificateAuthority) throw new CommandError('you must specify a --certificate-authority to embed');
    if (given.embedCerts) checkThere('certificate-authority', certificateAuthority);
    const withoutAuthority = { 'certificate-authority': undefined, 'certificate-authority-data': undefined };
    await writeEntry(context, 'clusters', name, (was) =>
      kept({
        ...was,
        // An address given here displaces the name that was expected of the old one.
        ...(server !== undefined && { server, 'tls-server-name': undefined }),
        ...(tlsServerName !== undefined && { 'tls-server-name': tlsServerName }),
        ...(insecureSkipTlsVerify !== undefined && { 'insecure-skip-tls-verify': insecureSkipTlsVerify || undefined }),
        ...(insecureSkipTlsVerify && withoutAuthority),
        ...fileFields('certificate-authority', certificateAuthority, given.embedCerts === true),
        ...(certificateAuthority && { 'insecure-skip-tls-verify': undefined }),
        ...(given.proxyUrl !== undefined && { 'proxy-url': given.proxyUrl }),
      }),
    );
    context.io.print(`Cluster ${JSON.stringify(name)} set.`);
    return 0;
  },
});

type Exec = { command?: string; args?: readonly string[]; env?: Array<{ name: string; value: string }>; [field: string]: unknown };

export const setCredentials = verb({
  name: 'set-credentials',
  summary: 'Change a user or make one',
  usage:
    'NAME [--client-certificate=path] [--client-key=path] [--token=token] [--username=user] [--password=password] [--exec-command=command]',
  flags: {
    embedCerts: onOff('Put the content of the files into the kubeconfig'),
    execCommand: text('A program that gives credentials'),
    execApiVersion: text('API version of its answer'),
    execArg: texts('Its arguments'),
    execEnv: lines('A variable for it: key=value, or key-'),
    execInteractiveMode: text('Never, IfAvailable or Always'),
    execProvideClusterInfo: onOff('Tell it about the cluster'),
  },
  async run(context) {
    const { globals, flags: given, args } = context;
    if (args.length !== 1) throw new CommandError(`unexpected args: [${args.join(' ')}]`);
    const [name = ''] = args;
    const { token, username, password, clientCertificate, clientKey } = globals;
    if (token && (username || password))
      throw new CommandError('you cannot specify more than one authentication method at the same time: --token, --username/--password');
    if (given.embedCerts && !clientCertificate && !clientKey)
      throw new CommandError('you must specify a --client-certificate or --client-key to embed');
    if (given.embedCerts) {
      checkThere('client-certificate', clientCertificate);
      checkThere('client-key', clientKey);
    }
    if (given.execInteractiveMode !== undefined && !['IfAvailable', 'Never', 'Always'].includes(given.execInteractiveMode))
      throw new CommandError('invalid interactive mode type, can be only IfAvailable, Never, Always');
    await writeEntry(context, 'users', name, (was) =>
      kept({
        ...was,
        ...fileFields('client-certificate', clientCertificate, given.embedCerts === true),
        ...fileFields('client-key', clientKey, given.embedCerts === true),
        ...(token !== undefined && { token }),
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
        // One way of logging in displaces the other.
        ...(token && { username: undefined, password: undefined }),
        ...((username || password) && { token: undefined }),
        exec: execOf(was.exec as Exec | undefined, given),
      }),
    );
    context.io.print(`User ${JSON.stringify(name)} set.`);
    return 0;
  },
});

type ExecFlags = {
  execCommand?: string | undefined;
  execApiVersion?: string | undefined;
  execArg?: readonly string[] | undefined;
  execEnv?: readonly string[] | undefined;
  execInteractiveMode?: string | undefined;
  execProvideClusterInfo?: boolean | undefined;
};

function execOf(was: Exec | undefined, given: ExecFlags): Exec | undefined {
  if (!was && given.execCommand === undefined) return undefined;
  // Another program takes other arguments.
  const base: Exec = { ...was, ...(given.execCommand !== undefined && { command: given.execCommand, args: undefined }) };
  const pairs = given.execEnv ?? [];
  const set = pairs.filter((it) => it.includes('=')).map(halves);
  const changed = new Set([...set.map(([name]) => name), ...pairs.filter((it) => !it.includes('=')).map((it) => it.replace(/-$/, ''))]);
  const env = [...(base.env ?? []).filter(({ name }) => !changed.has(name)), ...set.map(([name, value]) => ({ name, value }))];
  return kept({
    ...base,
    ...(given.execApiVersion !== undefined && { apiVersion: given.execApiVersion }),
    ...(given.execArg !== undefined && { args: given.execArg }),
    ...(pairs.length > 0 && { env }),
    ...(given.execInteractiveMode !== undefined && { interactiveMode: given.execInteractiveMode }),
    ...(given.execProvideClusterInfo !== undefined && { provideClusterInfo: given.execProvideClusterInfo }),
  }) as Exec;
}
