import { test } from 'vitest';
import { engineForTests } from '../../fixtures/runtime/engine.ts';
import { runtimeContract } from './contract.ts';

const engine = await engineForTests('runtime');
if (engine) runtimeContract('docker', async () => engine);
else test.skip('runtime contract: docker', () => {});
