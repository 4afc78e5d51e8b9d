import type { Section } from '../step.ts';
import { bootcamp } from './bootcamp.ts';
import { configuration } from './configuration.ts';
import { helloNode } from './hello-node.ts';
import { helloWorld } from './hello-world.ts';
import { redis } from './redis.ts';

/** In the primer's order. */
export const sections: readonly Section[] = [helloNode, bootcamp, configuration, redis, helloWorld];
