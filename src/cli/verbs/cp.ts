import { createReadStream, createWriteStream, lstatSync, mkdirSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { basename, dirname, join, normalize, posix, resolve, sep } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';
import type { core } from '../../kinds/index.ts';
import { CommandError } from '../command.ts';
import { number, onOff, text } from '../grammar/flags.ts';
import type { Io } from '../io.ts';
import { exitCodeOf, openStreams } from '../streams/index.ts';
import { chooseContainer } from './containers.ts';
import { writeAll } from './line-writer.ts';
import { podNamed } from './pod-named.ts';
import type { Session } from './session.ts';
import { verb } from './verb.ts';

type Place = { namespace: string | undefined; pod: string; path: string };

export const cp = verb({
  name: 'cp',
  summary: 'Copy files to and from containers; these need a tar',
  usage: '<file-spec-src> <file-spec-dest>, one of them [namespace/]pod:path',
  completes: 'pods',
  flags: {
    container: text('The container', { short: 'c' }),
    noPreserve: onOff('Do not keep owner and permissions in the container'),
    retries: number('Taken and ignored', { hidden: true }),
  },
  async run(context) {
    const { flags: given, args, io } = context;
    const [from, to] = args;
    if (from === undefined || to === undefined || args.length > 2) throw new CommandError('source and destination are required');
    const [source, target] = [placeOf(from), placeOf(to)];
    if (source.pod !== '' && target.pod !== '') throw new CommandError('one of src or dest must be a local file specification');
    if (source.pod === '' && target.pod === '') throw new CommandError('one of src or dest must be a remote file specification');
    if (source.path === '' || target.path === '') throw new CommandError('filepath can not be empty');
    if (source.pod === '' && !statSync(source.path, { throwIfNoEntry: false }))
      throw new CommandError(`${source.path} doesn't exist in local filesystem`);
    const session = context.session();
    const far = source.pod === '' ? target : source;
    const here = {
      ...session,
      target: (resource: Parameters<Session['target']>[0], name: string) => session.target(resource, name, far.namespace),
    };
    const pod = await podNamed(here, far.pod);
    const container = given.container ?? chooseContainer(pod, (it) => io.tell(it));
    const remote = { session, pod, container, io };
    if (source.pod === '') await copyIn(remote, source.path, target.path, given.noPreserve === true);
    else await copyOut(remote, source.path, target.path);
    return 0;
  },
});

/** `pod:path`, `namespace/pod:path`, or a local path. */
function placeOf(spec: string): Place {
  const at = spec.indexOf(':');
  if (at < 0) return { namespace: undefined, pod: '', path: spec };
  const [where, path] = [spec.slice(0, at), spec.slice(at + 1)];
  const parts = where.split('/');
  if (at === 0 || parts.length > 2 || where.startsWith('.')) {
    if (where.startsWith('.') || where.startsWith('/')) return { namespace: undefined, pod: '', path: spec };
    throw new CommandError('filespec must match the canonical format: [[namespace/]pod:]file/path');
  }
  return parts.length === 2 ? { namespace: parts[0], pod: parts[1] as string, path } : { namespace: undefined, pod: where, path };
}

type Remote = { session: Session; pod: core.Pod; container: string; io: Io };

const pathOf = ({ pod }: Remote): string => `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/exec`;

/** Whether a path is a folder there. */
async function isFolder(remote: Remote, path: string): Promise<boolean> {
  const query = { command: ['test', '-d', path], container: remote.container, stdout: true, stderr: true };
  const session = await openStreams(remote.session.requests.login, pathOf(remote), query, { stdout: () => {}, stderr: () => {} });
  const status = await session.ended;
  return status?.status === 'Success';
}

async function copyIn(remote: Remote, from: string, to: string, noPreserve: boolean): Promise<void> {
  const target = (await isFolder(remote, to)) ? posix.join(to, basename(resolve(from))) : to;
  const [folder, name] = [posix.dirname(target), posix.basename(target)];
  const command = [
    'tar',
    ...(noPreserve ? ['--no-same-permissions', '--no-same-owner'] : []),
    '-xmf',
    '-',
    ...(folder === '.' ? [] : ['-C', folder]),
  ];
  const query = { command, container: remote.container, stdin: true, stdout: true, stderr: true };
  const { io } = remote;
  const session = await openStreams(remote.session.requests.login, pathOf(remote), query, {
    stdout: (bytes) => writeAll(io.output, bytes),
    stderr: (bytes) => writeAll(io.faults, bytes),
  });
  const archive = pack();
  const packed = addTo(archive, from, name).then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  );
  for await (const chunk of archive) await session.write(chunk as Buffer);
  await packed;
  session.endInput();
  const code = exitCodeOf(await session.ended);
  if (code !== 0) throw new CommandError(`command terminated with exit code ${code}`);
}

async function addTo(archive: ReturnType<typeof pack>, path: string, name: string): Promise<void> {
  const stat = lstatSync(path);
  const header = { name, mode: stat.mode & 0o7777, mtime: stat.mtime };
  if (stat.isSymbolicLink()) {
    await new Promise<void>((done, fail) =>
      archive.entry({ ...header, type: 'symlink', linkname: readlinkSync(path) }, (error) => (error ? fail(error) : done())),
    );
    return;
  }
  if (stat.isDirectory()) {
    await new Promise<void>((done, fail) =>
      archive.entry({ ...header, name: `${name}/`, type: 'directory' }, (error) => (error ? fail(error) : done())),
    );
    for (const it of readdirSync(path).sort()) await addTo(archive, join(path, it), posix.join(name, it));
    return;
  }
  if (stat.isFile()) await pipeline(createReadStream(path), archive.entry({ ...header, size: stat.size }));
}

async function copyOut(remote: Remote, from: string, to: string): Promise<void> {
  const { io } = remote;
  const prefix = stripped(posix.normalize(from));
  const bytes = new PassThrough();
  let faults = '';
  const query = { command: ['tar', 'cf', '-', from], container: remote.container, stdout: true, stderr: true };
  const session = await openStreams(remote.session.requests.login, pathOf(remote), query, {
    stdout: (chunk) => writeAll(bytes, chunk),
    stderr: (chunk) => {
      faults += chunk.toString('utf8');
    },
  });
  const isThere = statSync(to, { throwIfNoEntry: false })?.isDirectory() === true;
  const root = isThere ? join(to, posix.basename(prefix)) : to;
  const ended = session.ended.then((status) => {
    bytes.end();
    return status;
  });
  await Promise.all([unpack(bytes, prefix, root, (text) => io.tell(text)), ended]);
  if (faults !== '') io.faults.write(faults);
  const code = exitCodeOf(await ended);
  if (code !== 0) throw new CommandError(`command terminated with exit code ${code}`);
}

/** Without what would lead out of, or begin at, the root. */
const stripped = (path: string): string => path.replace(/^(\.\.?\/|\/)+/, '');

/** Unpacks below `root`; what would land elsewhere is left out, and said. */
async function unpack(bytes: PassThrough, prefix: string, root: string, tell: (text: string) => void): Promise<void> {
  const archive = extract();
  bytes.pipe(archive);
  const base = resolve(root);
  for await (const entry of archive) {
    const { name, type, mode, linkname } = entry.header;
    const inner = stripped(posix.normalize(name)).slice(prefix.length).replace(/^\/+/, '');
    const path = normalize(inner === '' ? base : join(base, inner));
    if (path !== base && !path.startsWith(base + sep))
      tell(`warning: file ${JSON.stringify(name)} is outside target destination, skipping`);
    else if (type === 'directory') mkdirSync(path, { recursive: true });
    else if (type === 'symlink') tell(`warning: skipping symlink: ${JSON.stringify(path)} -> ${JSON.stringify(linkname ?? '')}`);
    else if (type === 'file') {
      mkdirSync(dirname(path), { recursive: true });
      await pipeline(entry, createWriteStream(path, { mode: (mode ?? 0o644) & 0o777 }));
      continue;
    }
    entry.resume();
  }
}
