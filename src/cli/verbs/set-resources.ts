import { isQuantity } from '../../meta/quantity.ts';
import { CommandError } from '../command.ts';
import { text } from '../grammar/flags.ts';
import { matchesName } from './pod-template.ts';
import { select } from './selection.ts';
import { changeSpecs, checkSetFlags, inContainers, setFlags } from './set-containers.ts';
import { verb } from './verb.ts';

export const setResources = verb({
  name: 'resources',
  summary: 'Set requests and limits of containers',
  usage: '(-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS])',
  completes: 'resources',
  flags: {
    ...setFlags,
    limits: text('cpu=100m,memory=256Mi'),
    requests: text('cpu=100m,memory=256Mi'),
    containers: text('Names of containers, with stars (default *)', { short: 'c' }),
  },
  async run(context) {
    const { flags: given } = context;
    const chosen = await select(context, given);
    checkSetFlags(context);
    if (!given.limits && !given.requests)
      throw new CommandError('you must specify an update to requests or limits (in the form of --requests/--limits)');
    const resources = {
      ...(given.limits && { limits: amountsOf(given.limits) }),
      ...(given.requests && { requests: amountsOf(given.requests) }),
    };
    const pattern = given.containers ?? '*';
    const words = { did: 'resource requirements updated', doing: 'failed to patch resources update to pod template' };
    return changeSpecs(context, chosen, words, (spec) => {
      const changed = inContainers(spec, ({ name }) => (matchesName(pattern, name) ? { resources } : undefined));
      if (!changed) throw new CommandError(`unable to find container named ${pattern}`);
      return changed;
    });
  },
});

/** `cpu=100m,memory=256Mi`. */
export function amountsOf(given: string): Record<string, string> {
  return Object.fromEntries(
    given.split(',').map((it) => {
      const [name = '', amount, ...more] = it.split('=');
      if (amount === undefined || more.length > 0) throw new CommandError(`Invalid argument syntax ${it}, expected <resource>=<value>`);
      if (!isQuantity(amount))
        throw new CommandError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
      return [name, amount];
    }),
  );
}
