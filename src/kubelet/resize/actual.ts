import type { core } from '../../kinds/index.ts';
import { canonicalQuantity, formatQuantity, milliValue, quantityValue } from '../../meta/quantity.ts';
import type { ResourceLimits } from '../../runtime/index.ts';
import { cpuShares } from '../resources.ts';

type Amounts = { [name: string]: string };

/**
 * The resources of a container as its engine has them, in the manifest's terms. Where the engine has what was given,
 * it is said as it was given: a weight does not tell 100m from 99.6m.
 */
export function actualResources(given: core.ResourceRequirements, actual: ResourceLimits): core.ResourceRequirements {
  const { requests, limits } = given;
  const shares = cpuShares(milliValue(requests?.cpu ?? limits?.cpu ?? '0'));
  const cpuRequest =
    actual.cpuShares === undefined || actual.cpuShares === shares ? undefined : Math.ceil((actual.cpuShares * 1000) / 1024);
  const cpuLimit = actual.nanoCpus === undefined ? undefined : Math.ceil(actual.nanoCpus / 1_000_000);
  const memory = actual.memoryBytes;
  return {
    ...given,
    ...(requests && {
      requests: { ...requests, ...(requests.cpu !== undefined && cpuRequest !== undefined && { cpu: `${cpuRequest}m` }) },
    }),
    ...(limits && {
      limits: {
        ...limits,
        ...changed(
          limits,
          'cpu',
          cpuLimit,
          (it) => Math.max(leastMilliCpu, milliValue(it)),
          (it) => canonicalQuantity(`${it}m`),
        ),
        ...changed(
          limits,
          'memory',
          memory,
          (it) => Math.max(leastMemory, quantityValue(it)),
          (it) => formatQuantity(it, 'binary'),
        ),
      },
    }),
  };
}

// Less than this the engine is not told (resources.ts).
const leastMilliCpu = 10;
const leastMemory = 6 * 1024 * 1024;

function changed(
  given: Amounts,
  name: 'cpu' | 'memory',
  actual: number | undefined,
  read: (text: string) => number,
  write: (amount: number) => string,
): Amounts {
  const text = given[name];
  if (text === undefined || actual === undefined || actual === read(text)) return {};
  return { [name]: write(actual) };
}
