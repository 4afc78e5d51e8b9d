import type { core } from '../../kinds/index.ts';
import type { ProbeResult } from './machine.ts';

/** A container to be asked: its id, and the pod's address. */
export type Probed = { id: string; address: string; container: core.Container };

/** What one probe found. `output` is what an event says about it; `warning` is told even on success. */
export type Outcome = { result: ProbeResult; output: string; warning?: boolean };

/** The probe could not be made at all: it counts for nothing. */
export class ProbeError extends Error {}

/** Where and how long: the address is the pod's own unless the probe names a host. */
export type Target = { address: string; port: number; timeoutMs: number };
