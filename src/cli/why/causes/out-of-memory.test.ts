import { ended, podWith, testCause, waiting } from '../../../../test/fixtures/cli/facts.ts';
import { outOfMemory } from './out-of-memory.ts';

const limited = { spec: { nodeName: 'here', containers: [{ name: 'app', image: 'web:1', resources: { limits: { memory: '16Mi' } } }] } };
const killed = { ...waiting('CrashLoopBackOff'), lastState: ended(137, 'OOMKilled'), restartCount: 2 };
testCause(outOfMemory, [
  ['with a limit', { pods: [podWith(killed, limited)] }, 'ran out of memory: its limit is 16Mi (OOMKilled, exit code 137)'],
  ['without one', { pods: [podWith(killed)] }, 'it has no limit of its own'],
  ['killed by another', { pods: [podWith({ state: ended(137) })] }, undefined],
  ['ready again', { pods: [podWith({ ...killed, ready: true, state: { running: {} } })] }, undefined],
]);
