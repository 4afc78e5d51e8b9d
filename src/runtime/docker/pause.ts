import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { unlessGone } from './failure.ts';
import { pausePrograms } from './pause-programs.ts';

/** The number rises when docker/pause/pause.c changes. */
export const pauseImage = 'peapod/pause:1';

/** The engine's names of architectures, as `uname -m` and as images have them. */
const imageArchitecture: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

/** Makes sure that the engine has the image of the sandbox: it is loaded from here, never pulled. */
export async function ensurePauseImage(docker: Docker, architecture: string): Promise<void> {
  const present = await unlessGone(docker.getImage(pauseImage).inspect());
  // One for another machine can be left by `docker pull --platform` or a copied store.
  if (present && (imageArchitecture[architecture] ?? present.Architecture) === present.Architecture) return;
  const program = pausePrograms[architecture];
  if (!program) {
    const known = Object.keys(pausePrograms).join(', ');
    throw new Error(
      `there is no pause program for ${architecture}, only for ${known}: build docker/pause/pause.c and tag the image ${pauseImage}`,
    );
  }
  const archive = pack();
  archive.entry({ name: 'pause', mode: 0o755 }, Buffer.from(program, 'base64'));
  archive.finalize();
  const [repo, tag] = pauseImage.split(':') as [string, string];
  const options = { repo, tag, changes: 'ENTRYPOINT ["/pause"]' };
  const answer = await docker.importImage(archive as unknown as NodeJS.ReadableStream, options as object);
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(answer, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
