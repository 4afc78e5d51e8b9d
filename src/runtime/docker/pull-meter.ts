import type { PullProgress } from '../runtime.ts';

/** A line of the engine's answer to a pull, as far as it tells of progress. */
export type PullLine = { id?: string; status?: string; progressDetail?: { current?: number; total?: number } };

type Layer = { bytes: number; totalBytes: number; done: boolean };

/**
 * Adds up what the lines of one pull say. Each layer is downloaded, then unpacked; only the download is counted in
 * bytes, since both have the same total. Undefined for lines that say nothing of a layer.
 */
export function createPullMeter(): (line: PullLine) => PullProgress | undefined {
  const layers = new Map<string, Layer>();
  return ({ id, status = '', progressDetail = {} }) => {
    const step = steps.find(([words]) => words.test(status))?.[1];
    if (!id || !step) return undefined;
    const layer = layers.get(id) ?? { bytes: 0, totalBytes: 0, done: false };
    layers.set(id, layer);
    if (step === 'downloading' && progressDetail.current !== undefined) {
      layer.bytes = progressDetail.current;
      layer.totalBytes = Math.max(layer.totalBytes, progressDetail.total ?? 0, progressDetail.current);
    }
    if (step === 'downloaded' || step === 'done') layer.bytes = layer.totalBytes;
    if (step === 'done') layer.done = true;
    return sumOf([...layers.values()]);
  };
}

// `latest: Pulling from library/web` is of the image, not of a layer.
const steps: ReadonlyArray<readonly [RegExp, 'known' | 'downloading' | 'downloaded' | 'done']> = [
  [/^(Pulling fs layer|Waiting|Retrying)/, 'known'],
  [/^Downloading/, 'downloading'],
  [/^(Verifying Checksum|Download complete|Extracting)/, 'downloaded'],
  [/^(Pull complete|Already exists)/, 'done'],
];

const sumOf = (layers: readonly Layer[]): PullProgress => ({
  layers: layers.length,
  layersDone: layers.filter((it) => it.done).length,
  bytes: layers.reduce((sum, it) => sum + it.bytes, 0),
  totalBytes: layers.reduce((sum, it) => sum + it.totalBytes, 0),
});
