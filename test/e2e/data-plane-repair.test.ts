import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { faultOfKernel } from '../../src/proxy/index.ts';
import { run } from '../fixtures/cluster/kubectl.ts';

const noKernel = await faultOfKernel();
const script = fileURLToPath(new URL('../fixtures/proxy/own-network.ts', import.meta.url));

/**
 * A network namespace of its own, with a view of /sys that goes with it: there an engine may be restarted and a firewall
 * flushed without taking anything from anybody.
 */
const enter = `
keep=$(mktemp -d)
mount --make-rprivate / && mount --rbind /sys/fs/cgroup "$keep" && mount -t sysfs sysfs /sys && mount --rbind "$keep" /sys/fs/cgroup
exec "$0" --import tsx "$1"
`;

test.skipIf(noKernel !== undefined)('what is taken away from under services is repaired, and nothing is left in the end', async () => {
  const { code, stdout, stderr } = await run('unshare', ['--net', '--mount', 'sh', '-c', enter, process.execPath, script], {
    timeout: 170_000,
  });
  console.log(stdout);
  expect(code, stderr.slice(-4000)).toBe(0);
  expect(stdout).toContain('nothing is left');
});
