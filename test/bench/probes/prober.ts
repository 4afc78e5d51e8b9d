/** Probes as many pods as it is told, once a second, at the given port; after some seconds it prints what that took and ends. */
import type { core } from '../../../src/kinds/index.ts';
import { createProbes, runProbe } from '../../../src/kubelet/probes/index.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { systemRandom } from '../../../src/lib/random.ts';
import { createMemoryRuntime } from '../../../src/runtime/index.ts';

const [count, port, warmUp, span] = process.argv.slice(2).map(Number) as [number, number, number, number];
const { streams } = createMemoryRuntime(systemClock);
let made = 0;
let failed = 0;
const probes = createProbes({
  clock: systemClock,
  random: systemRandom,
  run(probe, probed) {
    made += 1;
    return runProbe(probe, probed, streams);
  },
  onResult: () => {},
  onFailure: (_, __, ___, text) => {
    failed += 1;
    if (failed < 4) console.error(text);
  },
});
const probe: core.Probe = { httpGet: { path: '/healthz', port }, periodSeconds: 1, timeoutSeconds: 1 };
for (let i = 0; i < count; i++) {
  const container = { name: 'app', image: 'web', readinessProbe: probe };
  probes.follow(`pod-${i}`, [{ id: `c${i}`, address: `127.0.0.${1 + (i % 200)}`, container, startedAt: Date.now(), hooked: true }], false);
}
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
await pause(warmUp);
const before = { cpu: process.cpuUsage(), made, at: performance.now() };
await pause(span);
const { user, system } = process.cpuUsage(before.cpu);
const seconds = (performance.now() - before.at) / 1000;
console.log(JSON.stringify({ cores: (user + system) / 1e6 / seconds, perSecond: (made - before.made) / seconds, failed }));
probes.stop();
process.exit();
