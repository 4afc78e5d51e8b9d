import { mkdir, readdir } from 'node:fs/promises';
import { directory } from './directory.ts';
import { mountAt, mountsBelow } from './mount-table.ts';
import { VolumeError, type VolumeType } from './volume-type.ts';

/** The content of an image, to be read: its layers on top of each other, as the engine keeps them. */
export const imageVolume: VolumeType = {
  field: 'image',
  async mount(pod, volume, { canMount, imageLayers, dirOf }) {
    const dir = dirOf(pod, volume);
    if ((await mountsBelow(dir)).includes(dir)) return directory(dir, true);
    const { reference = '', pullPolicy } = volume.image ?? {};
    const layers = await imageLayers(pod, volume.name, { reference, ...(pullPolicy && { pullPolicy }) });
    if (!canMount || !layers)
      throw new VolumeError('image volumes need an engine on this host that keeps layers as overlay2 does, and the right to mount them');
    await mkdir(dir, { recursive: true });
    await mountLayers(dir, layers);
    return directory(dir, true);
  },
};

async function mountLayers(dir: string, layers: readonly string[]): Promise<void> {
  // An overlay has two layers at least: the second one of a single-layer image is empty.
  const empty = `${dir}.empty`;
  if (layers.length < 2) await mkdir(empty, { recursive: true });
  for (const it of layers) await readdir(it);
  await mountAt(dir, {
    type: 'overlay',
    source: 'overlay',
    options: [`lowerdir=${[...layers, ...(layers.length < 2 ? [empty] : [])].join(':')}`],
  });
}
