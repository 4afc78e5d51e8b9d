import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { type Images, type ImageState, PullFailed, type PullOptions, type RegistryLogin } from '../runtime.ts';
import { EngineError, textOf, unlessGone } from './failure.ts';
import { pullFailure } from './pull-failure.ts';
import { createPullMeter, type PullLine } from './pull-meter.ts';

export function dockerImages(docker: Docker): Images {
  async function inspect(reference: string): Promise<ImageState | undefined> {
    const info = await unlessGone(docker.getImage(reference).inspect());
    return info && stateOf(info);
  }
  return {
    inspect,
    async pull(reference, login, { signal, onProgress } = {}) {
      // Without a tag the engine would fetch all of them.
      const named = /@|:[^/]+$/.test(reference) ? reference : `${reference}:latest`;
      try {
        const options = { ...(login && { authconfig: credentials(login) }), ...(signal && { abortSignal: signal }) };
        const stream = (await docker.pull(named, options)) as Readable;
        await followed(stream, onProgress);
      } catch (error) {
        signal?.throwIfAborted();
        // That the engine itself does not answer says nothing about the image.
        throw error instanceof EngineError || error instanceof PullRefused ? pullFailure(textOf(error), error) : error;
      }
      const image = await inspect(named);
      if (!image) throw new PullFailed('other', `${named} was pulled, but the engine does not have it`);
      return image;
    },
    async tag(reference, name) {
      const [, repo = name, tag = 'latest'] = /^(.*?)(?::([^/:]+))?$/.exec(name) ?? [];
      await docker.getImage(reference).tag({ repo, tag });
    },
    async untag(name) {
      // Without force an image that a container uses keeps its last name, and that is right.
      await unlessGone(docker.getImage(name).remove({ noprune: true }));
    },
    async list() {
      const found = await docker.listImages();
      return found.map((it) => ({ ...blank, id: it.Id, tags: it.RepoTags ?? [], digests: it.RepoDigests ?? [], sizeBytes: it.Size }));
    },
  };
}

const blank = { user: '', stopSignal: '', entrypoint: [], command: [] };

const credentials = ({ username, password, server, identityToken }: RegistryLogin): object =>
  identityToken ? { identitytoken: identityToken, serveraddress: server } : { username, password, serveraddress: server };

/** Once the stream has begun an error is a line of it, under HTTP status 200. */
class PullRefused extends Error {}

async function followed(stream: Readable, onProgress: PullOptions['onProgress']): Promise<void> {
  stream.setEncoding('utf8');
  let rest = '';
  const meter = createPullMeter();
  const take = (text: string): void => {
    if (text.trim() === '') return;
    const line = JSON.parse(text) as PullLine & { error?: string; errorDetail?: { message?: string } };
    const fault = line.errorDetail?.message ?? line.error;
    if (fault !== undefined) throw new PullRefused(fault);
    const progress = meter(line);
    if (progress) onProgress?.(progress);
  };
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  }
  take(rest);
}

function stateOf(info: Docker.ImageInspectInfo): ImageState {
  const config = info.Config as Partial<Docker.ImageInspectInfo['Config']> & { StopSignal?: string };
  const list = (value: string | string[] | null | undefined): string[] => (Array.isArray(value) ? value : value ? [value] : []);
  return {
    id: info.Id,
    tags: info.RepoTags ?? [],
    digests: info.RepoDigests ?? [],
    user: config?.User ?? '',
    sizeBytes: info.Size,
    stopSignal: config?.StopSignal ?? '',
    entrypoint: list(config?.Entrypoint),
    command: list(config?.Cmd),
    ...layersOf(info.GraphDriver),
  };
}

/** Of the storage driver that stacks plain directories. */
function layersOf(driver: Docker.ImageInspectInfo['GraphDriver'] | undefined): { layers?: string[] } {
  const { UpperDir: upper, LowerDir: lower } = (driver?.Data ?? {}) as { UpperDir?: string; LowerDir?: string };
  if (driver?.Name !== 'overlay2' || !upper) return {};
  return { layers: [upper, ...(lower ? lower.split(':') : [])] };
}
