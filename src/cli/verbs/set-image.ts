import { CommandError } from '../command.ts';
import { halves, splitPairs } from './pairs.ts';
import { select } from './selection.ts';
import { changeSpecs, checkSetFlags, inContainers, setFlags } from './set-containers.ts';
import { verb } from './verb.ts';

export const setImage = verb({
  name: 'image',
  summary: 'Set the images of containers',
  usage: '(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 … CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  completes: 'resources',
  flags: setFlags,
  async run(context) {
    const { rest, pairs } = splitPairs(context.args, 'image');
    const odd = pairs.filter((it) => !it.includes('='));
    if (odd.length > 0) throw new CommandError(`invalid image format: ${odd.join(', ')}`);
    const chosen = await select({ ...context, args: rest }, context.flags);
    checkSetFlags(context);
    if (chosen.faults.length === 0 && pairs.length === 0) throw new CommandError('at least one image update is required');
    const images = new Map(pairs.map(halves));
    if (images.size > 1 && images.has('*'))
      throw new CommandError('all containers are already specified by *, but saw more than one container_name=container_image pairs');
    return changeSpecs(context, chosen, { did: 'image updated', doing: 'failed to patch image update to pod template:' }, (spec) => {
      const names = [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
      const unknown = [...images.keys()].find((name) => name !== '*' && !names.includes(name));
      if (unknown !== undefined) throw new CommandError(`unable to find container named ${JSON.stringify(unknown)}`);
      return inContainers(spec, ({ name, image }) => {
        const wanted = images.get(name) ?? images.get('*');
        return wanted === undefined || wanted === image ? undefined : { image: wanted };
      });
    });
  },
});
