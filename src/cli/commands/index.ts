import type { Command } from '../command.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { down } from './down.ts';
import { kubeconfig } from './kubeconfig.ts';
import { status } from './status.ts';
import { up } from './up.ts';
import { version } from './version.ts';

/** In the order that the help lists them. */
export const commands: readonly Command[] = [up, down, status, version, kubeconfig, doctor, demo] as readonly Command[];
