import { Agent } from 'node:https';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { CommandError } from '../command.ts';
import { diskFiles, type Manifest, objectsOf, readManifests } from '../manifests/index.ts';

export type FileArgs = { filename?: readonly string[] | undefined; kustomize?: string | undefined; recursive?: boolean | undefined };
export type ManifestWith = Manifest & { url?: boolean };

export const namesFiles = ({ filename, kustomize }: FileArgs): boolean => (filename?.length ?? 0) > 0 || kustomize !== undefined;

/** The objects that -f and -k name, URLs fetched. Fails with a CommandError that names the file. */
export async function readFiles(args: FileArgs, input: Readable, onWarning: (text: string) => void): Promise<Manifest[]> {
  const { filename = [], kustomize } = args;
  if (kustomize !== undefined || !filename.some(isUrl)) {
    const { manifests, warnings } = await readManifests(
      { filenames: filename, recursive: args.recursive ?? false, ...(kustomize !== undefined && { kustomize }) },
      { files: diskFiles, stdin: () => textOf(input) },
    );
    for (const it of warnings) onWarning(it);
    return manifests;
  }
  const found: Manifest[] = [];
  for (const it of filename)
    found.push(...(isUrl(it) ? objectsOf(await fetchText(it), it) : await readFiles({ ...args, filename: [it] }, input, onWarning)));
  return found;
}

const isUrl = (name: string): boolean => /^https?:\/\//.test(name);

export async function textOf(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks).toString('utf8');
}

const mostRedirects = 10;

async function fetchText(url: string, redirects = 0): Promise<string> {
  const response = await open(url);
  const code = response.statusCode ?? 0;
  if (code >= 300 && code < 400 && response.headers.location && redirects < mostRedirects) {
    response.resume();
    return fetchText(new URL(response.headers.location, url).href, redirects + 1);
  }
  const text = await textOf(response);
  if (code !== 200)
    throw new CommandError(`unable to read URL "${url}", server reported ${code} ${response.statusMessage}, status code=${code}`);
  return text;
}

function open(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(new CommandError(`Get "${url}": ${cause.message}`, { cause }));
    const request = url.startsWith('https:') ? https.get(url, { agent: new Agent() }, resolve) : http.get(url, { agent: false }, resolve);
    request.setTimeout(30_000, () => request.destroy(new Error('no answer within 30 seconds')));
    request.on('error', fail);
  });
}
