import type Docker from 'dockerode';
import { pack } from 'tar-stream';

export const pauseImage = 'peapod/pause:1';

/** docker/pause/pause.c, compiled for amd64. */
const programs: Readonly<Record<string, string>> = {
  x86_64:
    'f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAAsABAAAAAAABAAAAAAAAAAFABAAAAAAAAAAAAAEAAOAACAEAAAwACAAEAAAAFAAAAAAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAAPQEAAAAAAAA9AQAAAAAAAAAQAAAAAAAAUeV0ZAYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAABBVTHSQboIAAAAuA4AAABBVEiJ11VTSMdEJPgCQAEATI1EJPhMicYPBbuAAAAAMfa9PQAAAEmDzP9BvQEAAABBuecAAABBuggAAABIidhMicdIifIPBUiD+BF1FUUx0kiJ6EyJ50yJ6g8FSIXAf+3r1EiD+A90BkiD+AJ1yEUx0kyJyEiJ90iJ8g8F67gALnNoc3RydGFiAC50ZXh0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAsAAAABAAAABgAAAAAAAACwAEAAAAAAALAAAAAAAAAAjQAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAABAAAAAwAAAAAAAAAAAAAAAAAAAAAAAAA9AQAAAAAAABEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAA',
};

/** Makes sure that the engine has the image of the sandbox: it is loaded from here, never pulled. */
export async function ensurePauseImage(docker: Docker, architecture: string): Promise<void> {
  const present = await docker
    .getImage(pauseImage)
    .inspect()
    .catch(() => undefined);
  if (present) return;
  const program = programs[architecture];
  if (!program) throw new Error(`no pause program for ${architecture}: build docker/pause/pause.c there and tag the image ${pauseImage}`);
  const archive = pack();
  archive.entry({ name: 'pause', mode: 0o755 }, Buffer.from(program, 'base64'));
  archive.finalize();
  const [repo, tag] = pauseImage.split(':') as [string, string];
  const answer = await docker.importImage(
    archive as unknown as NodeJS.ReadableStream,
    { repo, tag, changes: 'ENTRYPOINT ["/pause"]' } as object,
  );
  await new Promise<void>((resolve, reject) => {
    answer.on('end', resolve).on('error', reject);
    answer.resume();
  });
}
