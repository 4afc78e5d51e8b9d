import { type Images, type ImageState, PullFailed } from '../runtime.ts';

/** Images by name. Every name can be had, unless the registry is told otherwise; names that begin with `missing` never. */
export type MemoryImages = Images & {
  /** What the engine has. A name that was never pulled is there too, unless `absent` has it. */
  absent: Set<string>;
  /** Why a pull of this name fails. */
  refusals: Map<string, PullFailed>;
  pulls: string[];
};

const imageOf = (reference: string): ImageState => ({
  id: 'sha256:1',
  tags: [reference],
  digests: [],
  user: '',
  sizeBytes: 1,
  stopSignal: '',
  entrypoint: [],
  command: [],
});

export function memoryImages(check: () => void): MemoryImages {
  const images: MemoryImages = {
    absent: new Set(),
    refusals: new Map(),
    pulls: [],
    async inspect(reference) {
      check();
      return reference.startsWith('missing') || images.absent.has(reference) ? undefined : imageOf(reference);
    },
    async pull(reference) {
      check();
      images.pulls.push(reference);
      const refusal = images.refusals.get(reference);
      if (refusal) throw refusal;
      if (reference.startsWith('missing'))
        throw new PullFailed('not-found', `manifest for ${reference} not found: manifest unknown: manifest unknown`);
      images.absent.delete(reference);
      return imageOf(reference);
    },
    async tag(_reference, name) {
      check();
      images.absent.delete(name);
    },
    async untag(name) {
      check();
      images.absent.add(name);
    },
    list: async () => [],
  };
  return images;
}
