import { describe } from 'vitest';
import { seededRandom } from '../../../src/lib/random.ts';
import { VirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createUserspace } from '../../../src/proxy/index.ts';
import { trafficContract } from './contract.ts';

describe('userspace', () =>
  trafficContract(
    () => {
      const clock = new VirtualClock();
      return { traffic: createUserspace({ clock, random: seededRandom(3) }), advance: (ms) => clock.advance(ms) };
    },
    { isOwnWork: true },
  ));
