import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { type ContainerSpec, openDocker, type Runtime } from '../../../src/runtime/index.ts';
import { engineForTests } from '../../fixtures/runtime/engine.ts';

const run = promisify(execFile);
const engine = await engineForTests('network');
const ways = engine ? (['engine', 'auto'] as const) : [];
if (!engine) test.skip('ways into the network of pods', () => {});
beforeAll(() => engine?.runtime.resources.ensureNetwork({ ...engine.network, labels: engine.labels }));
afterAll(() => engine?.close());

/** In a sandbox a program asks another one by its address; what it finds there is told. */
describe.each(ways)('the way into the network: %s', (way) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openDocker({ host: engine?.host ?? '', network: way }, { clock: systemClock, log: silentLog });
  });
  const labels = engine?.labels ?? ({} as never);
  const network = engine?.network ?? ({} as never);
  const names = (name: string) => `network-${way}-${name}`;

  async function sandbox(name: string, address: string, start = true): Promise<string> {
    const spec = { name: names(name), labels, hostname: name, network: { name: network.name, address }, mounts: [] };
    const id = await runtime.containers.createSandbox(spec);
    if (start) await runtime.containers.start(id);
    return id;
  }
  async function said(sandboxId: string, name: string, script: string): Promise<string> {
    const spec: ContainerSpec = {
      ...{ name: names(name), labels, sandbox: sandboxId, image: engine?.image ?? '', command: ['sleep', '3600'], env: [], mounts: [] },
      ...{ tty: false, stdin: false, stdinOnce: false, limits: {}, privileged: false, readOnlyRootFilesystem: false },
      ...{ noNewPrivileges: false, seccomp: 'unconfined' },
    };
    const id = await runtime.containers.create(spec);
    await runtime.containers.start(id);
    return (await runtime.streams.run(id, ['sh', '-c', script], { timeoutMs: 20_000, limitBytes: 10_000 })).output.trim();
  }

  test('sandboxes have their addresses, reach each other and the node, and know no other protocol', async () => {
    const [a, b] = [engine?.address() ?? '', engine?.address() ?? ''];
    const [first] = await Promise.all([sandbox('a', a), sandbox('b', b)]);
    const script = [
      "ip -4 -o address show eth0 | awk '{print $4}'",
      "ip route | awk '/default/ {print $3}'",
      `ping -c 1 -w 5 ${b} >/dev/null && echo reaches the other`,
      `ping -c 1 -w 5 ${network.gateway} >/dev/null && echo reaches the node`,
      'ip -6 -o address | wc -l',
      'cat /sys/class/net/eth0/address',
    ];
    const hardware = ['02:42', ...a.split('.').map((it) => Number(it).toString(16).padStart(2, '0'))].join(':');
    expect((await said(first, 'asks', script.join('; '))).split('\n')).toEqual([
      ...[`${a}/24`, network.gateway, 'reaches the other', 'reaches the node', '0', hardware],
    ]);
  });

  test('an address that was given up can be used again at once', async () => {
    const address = engine?.address() ?? '';
    await runtime.containers.remove(await sandbox('before', address));
    const again = await sandbox('after', address);
    expect(await said(again, 'shows', "ip -4 -o address show eth0 | awk '{print $4}'")).toBe(`${address}/24`);
  });

  test('one that was started by somebody who then died is put into its place by whoever comes next', async () => {
    const address = engine?.address() ?? '';
    const id = await sandbox('orphan', address, false);
    await run('docker', ['--host', engine?.host ?? '', 'start', id]);
    const next = await openDocker({ host: engine?.host ?? '', network: way }, { clock: systemClock, log: silentLog });
    await next.containers.list(labels);
    await next.containers.list(labels);
    expect(await said(id, 'looks', "ip -4 -o address show eth0 | awk '{print $4}'")).toBe(`${address}/24`);
  });

  test('nothing is left of it when it goes', async () => {
    const id = await sandbox('brief', engine?.address() ?? '');
    await runtime.containers.remove(id);
    // The kernel takes its time.
    await expect.poll(() => existsSync(`/sys/class/net/pp${id.slice(0, 12)}`), { timeout: 10_000 }).toBe(false);
  });
});
