import { isQuantity } from '../../meta/quantity.ts';
import { CommandError } from '../command.ts';
import { throwAll } from '../faults.ts';
import { number, text } from '../grammar/flags.ts';
import { createFlags, createMade } from './create-from.ts';
import { fileFlags } from './flag-sets.ts';
import { select } from './selection.ts';
import { verb } from './verb.ts';

export const autoscale = verb({
  name: 'autoscale',
  summary: 'Let the number of replicas follow the load',
  usage: '(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]',
  completes: 'resources',
  flags: {
    ...createFlags,
    ...fileFlags,
    min: number('The fewest pods'),
    max: number('The most pods', { required: true }),
    cpuPercent: number('CPU to aim at, in percent of what is requested'),
    cpu: text('CPU to aim at: 70% of what is requested, or 500m'),
    memory: text('Memory to aim at: 60% of what is requested, or 200Mi'),
    name: text('Name of the autoscaler (default that of the object)'),
  },
  async run(context) {
    const { flags: given } = context;
    const { max = -1, min = -1, cpuPercent = -1 } = given;
    if (max < 1) throw new CommandError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
    if (max < min) throw new CommandError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
    if (cpuPercent > 0 && given.cpu) throw new CommandError('--cpu-percent and --cpu are mutually exclusive');
    const cpu = cpuPercent > 0 ? `${cpuPercent}%` : given.cpu;
    const metrics = [...(cpu ? [metricOf('cpu', cpu, 'm')] : []), ...(given.memory ? [metricOf('memory', given.memory, 'Mi')] : [])];
    const { found, faults } = await select(context, { filename: given.filename, kustomize: given.kustomize, recursive: given.recursive });
    for (const { resource, name } of found) {
      try {
        if (!resource.subresources.includes('scale'))
          throw new CommandError(
            `cannot autoscale a ${resource.kind}: could not find scale subresource for ${resource.group}/${resource.version}, Resource=${resource.plural} in discovery information`,
          );
        const scaleTargetRef = { apiVersion: resource.apiVersion, kind: resource.kind, name };
        await createMade(
          context,
          {
            apiVersion: 'autoscaling/v2',
            kind: 'HorizontalPodAutoscaler',
            metadata: { name: given.name ?? name },
            spec: { maxReplicas: max, ...(metrics.length > 0 && { metrics }), ...(min > 0 && { minReplicas: min }), scaleTargetRef },
            status: { currentMetrics: null, desiredReplicas: 0 },
          },
          { did: given.dryRun === 'client' ? 'created' : 'autoscaled' },
        );
      } catch (error) {
        faults.push(error);
      }
    }
    throwAll(faults);
    return 0;
  },
});

/** `70%` of what is requested; or an amount, in `unit` where it has none. */
function metricOf(name: string, wanted: string, unit: string): object {
  const share = /^(.*)%$/.exec(wanted)?.[1];
  if (share !== undefined && !/^\d+$/.test(share)) throw new CommandError(`invalid percentage value: ${share}`);
  const amount = /^[\d.]+$/.test(wanted) ? `${wanted}${unit}` : wanted;
  if (share === undefined && !isQuantity(amount)) throw new CommandError(`invalid resource ${name} value: ${wanted}`);
  const target =
    share === undefined ? { averageValue: amount, type: 'AverageValue' } : { averageUtilization: Number(share), type: 'Utilization' };
  return { resource: { name, target }, type: 'Resource' };
}
