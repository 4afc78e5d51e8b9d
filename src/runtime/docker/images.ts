import type Docker from 'dockerode';
import { type ImageState, type Images, PullFailed } from '../runtime.ts';
import { textOf, unlessGone } from './failure.ts';

/** The engine tells kinds of failure apart by its words alone. */
function failureOf(text: string, cause: unknown): PullFailed {
  const kind = /unauthorized|denied|no basic auth|authentication required/i.test(text)
    ? 'denied'
    : /not found|manifest unknown|no such (image|manifest)|name unknown/i.test(text)
      ? 'not-found'
      : /connection refused|no such host|timeout|dial tcp|network is unreachable|EOF|TLS|server misbehaving|Temporary failure/i.test(text)
        ? 'unreachable'
        : /invalid reference|invalid repository/i.test(text)
          ? 'invalid-name'
          : 'other';
  return new PullFailed(kind, text, { cause });
}

function stateOf(info: Docker.ImageInspectInfo): ImageState {
  const { Config: config } = info;
  const list = (value: string | string[] | null | undefined): string[] => (Array.isArray(value) ? value : value ? [value] : []);
  return {
    id: info.Id,
    tags: info.RepoTags ?? [],
    digests: info.RepoDigests ?? [],
    user: config?.User ?? '',
    sizeBytes: info.Size,
    stopSignal: (config as { StopSignal?: string } | undefined)?.StopSignal ?? '',
    entrypoint: list(config?.Entrypoint),
    command: list(config?.Cmd),
  };
}

export function dockerImages(docker: Docker): Images {
  async function inspect(reference: string): Promise<ImageState | undefined> {
    const info = await unlessGone(docker.getImage(reference).inspect());
    return info && stateOf(info);
  }
  return {
    inspect,
    async pull(reference, login, onProgress) {
      // Without a tag the engine would fetch all of them.
      const named = /(@sha256:|:[^/]+$)/.test(reference) ? reference : `${reference}:latest`;
      try {
        const stream = await docker.pull(
          named,
          login ? { authconfig: { username: login.username, password: login.password, serveraddress: login.server } } : {},
        );
        await new Promise<void>((resolve, reject) => {
          docker.modem.followProgress(
            stream,
            (error: Error | null) => (error ? reject(error) : resolve()),
            (line: { status?: string; id?: string }) => onProgress?.([line.id, line.status].filter(Boolean).join(': ')),
          );
        });
      } catch (error) {
        throw failureOf(textOf(error), error);
      }
      const image = await inspect(named);
      if (!image) throw new PullFailed('other', `${named} was pulled, but the engine does not have it`);
      return image;
    },
    async list() {
      const found = await docker.listImages();
      return found.map((it) => ({
        id: it.Id,
        tags: it.RepoTags ?? [],
        digests: it.RepoDigests ?? [],
        user: '',
        sizeBytes: it.Size,
        stopSignal: '',
        entrypoint: [],
        command: [],
      }));
    },
  };
}
