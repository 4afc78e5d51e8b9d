import { normalImage } from '../node-info.ts';
import type { Score } from './plugin.ts';

const megabyte = 1024 * 1024;
// Under 23 MB an image is pulled anyway in no time; over 1 GB for each container it cannot matter more.
const least = 23 * megabyte;
const most = 1000 * megabyte;

/** Prefers nodes that have the images, the more so the larger they are and the more nodes have them. */
export const imageLocality: Score = {
  name: 'ImageLocality',
  weight: 1,
  rate({ pod: { spec } }, nodes) {
    const containers = [...(spec.initContainers ?? []), ...spec.containers];
    const images = containers.map((it) => normalImage(it.image ?? ''));
    const spread = new Map(images.map((image) => [image, nodes.filter((it) => it.images.has(image)).length / nodes.length]));
    if (![...spread.values()].some((it) => it > 0)) return undefined;
    const ceiling = most * containers.length;
    return nodes.map((node) => {
      const sum = images.reduce((total, image) => total + Math.floor((node.images.get(image) ?? 0) * (spread.get(image) ?? 0)), 0);
      return Math.floor(((Math.min(Math.max(sum, least), ceiling) - least) * 100) / (ceiling - least));
    });
  },
};
