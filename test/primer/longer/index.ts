import type { Section } from '../step.ts';
import { asking } from './asking.ts';
import { changing } from './changing.ts';
import { getting } from './getting.ts';
import { rolling } from './rolling.ts';
import { streams } from './streams.ts';

/** In this order: the first lays out what the others use, the last takes it away. */
export const longer: readonly Section[] = [getting, changing, rolling, streams, asking];
