import { expect, test } from 'vitest';
import { engineForTests } from '../../../test/fixtures/cli/io.ts';
import { diagnose } from './checks.ts';
import { overlaps } from './cidr.ts';
import type { Facts, HostFacts } from './facts.ts';
import { readHost, routesIn, socketsIn } from './read-host.ts';

const host: HostFacts = {
  programs: { ip: 'ip utility', nft: 'works', conntrack: 'conntrack v1.4.7', kubectl: 'Client Version: v1.32.0' },
  bridgeCallsIptables: '1',
  cgroupControllers: ['cpu', 'memory', 'pids'],
  apiPortFault: undefined,
  listening: [22, 53, 6443],
  listeningEverywhere: [22],
  frontHolders: [],
  clientPorts: { first: 32768, last: 60999 },
  routes: [{ cidr: '172.17.0.0/16', device: 'docker0' }],
  freeBytes: { data: 50e9, engine: 50e9 },
  inotify: { instances: 1024, watches: 500_000 },
};
const well: Facts = {
  ...{ platform: 'linux', nodeVersion: 'v20.20.2', isRoot: true, engine: engineForTests, engineHost: 'unix:///var/run/docker.sock' },
  cluster: {
    ...{ name: 'peapod', running: false, dataDir: '/var/lib/peapod/peapod', host: '127.0.0.1', port: 6443 },
    ...{ podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', dataPlane: 'auto', nodePorts: { first: 30000, last: 32767 } },
    frontPorts: [8000, 8443],
  },
  host,
};

test('where all is well', async () => {
  const findings = diagnose(well);
  expect(new Set(findings.map((it) => it.level))).toEqual(new Set(['fine']));
  await expect(`${findings.map((it) => it.what).join('\n')}\n`).toMatchFileSnapshot('../../../test/golden/cli/doctor.txt');
});

const on = (change: Partial<HostFacts>): Facts => ({ ...well, host: { ...host, ...change } });
const faults: Array<[name: string, facts: Facts, level: 'limited' | 'broken', what: string]> = [
  ['an old Node', { ...well, nodeVersion: 'v18.1.0' }, 'broken', 'Node v18.1.0'],
  [
    'a front whose port is taken',
    on({ frontHolders: [{ port: 8000, holder: 'nginx (process 312)' }] }),
    'limited',
    'port 8000 of the HTTP front is in use by nginx (process 312)',
  ],
  ['no engine', { ...well, engine: 'the Docker Engine cannot be reached' }, 'broken', 'the Docker Engine cannot be reached'],
  ['an old engine', { ...well, engine: { ...engineForTests, apiVersion: '1.39' } }, 'limited', 'API 1.39'],
  ['an engine elsewhere', { ...well, engine: { ...engineForTests, sharesHost: false } }, 'limited', 'the engine runs elsewhere'],
  ['a rootless engine', { ...well, engine: { ...engineForTests, rootless: true } }, 'limited', 'rootless'],
  ['vfs', { ...well, engine: { ...engineForTests, storageDriver: 'vfs' } }, 'limited', 'storage driver vfs'],
  ['no root', { ...well, isRoot: false }, 'broken', 'not root'],
  ['another system', { ...well, platform: 'darwin' }, 'limited', 'no AnyIP on darwin'],
  ['no iproute2', on({ programs: { ...host.programs, ip: undefined } }), 'broken', 'the program ip is not installed'],
  ['no nftables', on({ programs: { ...host.programs, nft: undefined } }), 'limited', 'nf_tables cannot be used'],
  ['no conntrack', on({ programs: { ...host.programs, conntrack: undefined } }), 'limited', 'the program conntrack is not installed'],
  ['no br_netfilter', on({ bridgeCallsIptables: undefined }), 'limited', 'br_netfilter is not loaded'],
  ['a controller missing', on({ cgroupControllers: ['cpu', 'pids'] }), 'limited', 'cgroup v2 without memory'],
  ['the port taken', on({ apiPortFault: 'EADDRINUSE' }), 'broken', 'port 6443 on 127.0.0.1 cannot be listened on: EADDRINUSE'],
  ['another DNS server', on({ listeningEverywhere: [53] }), 'broken', 'port 53'],
  ['a node port taken', on({ listening: [31000, 31000, 80] }), 'limited', 'in use are 31000'],
  ['client ports among node ports', on({ clientPorts: { first: 1024, last: 60999 } }), 'limited', 'overlap those the kernel hands out'],
  ['a route in the way', on({ routes: [{ cidr: '10.0.0.0/8', device: 'tun0' }] }), 'limited', '10.0.0.0/8 is routed to tun0'],
  ['a route within Services', on({ routes: [{ cidr: '10.96.3.0/24', device: 'eth1' }] }), 'limited', '10.96.0.0/16 (Services)'],
  ['a full disk', on({ freeBytes: { data: 1e8, engine: 50e9 } }), 'broken', '0.1 GB free'],
  ['a small disk', on({ freeBytes: { data: 50e9, engine: 1e9 } }), 'limited', '0.9 GB free for /var/lib/docker'],
  ['few inotify instances', on({ inotify: { instances: 128, watches: 500_000 } }), 'limited', 'inotify: 128'],
  ['no kubectl', on({ programs: { ...host.programs, kubectl: undefined } }), 'limited', 'kubectl is not installed'],
];
for (const [name, facts, level, what] of faults) {
  test(`${name} is told`, () => {
    const bad = diagnose(facts).filter((it) => it.level !== 'fine');
    expect(bad.map((it) => it.level)).toEqual([level]);
    expect(bad[0]?.what).toContain(what);
    expect(bad[0]?.advice).toBeTruthy();
  });
}

test('its own network is no fault of a running cluster', () => {
  const routes = [{ cidr: '10.244.0.0/24', device: 'br-1' }];
  const running = { ...on({ routes, listening: [31000] }), cluster: { ...well.cluster, running: true } };
  expect(diagnose(running).filter((it) => it.level !== 'fine')).toEqual([]);
});

test('what the kernel tells is read', () => {
  const sockets = `  sl  local_address rem_address   st tx_queue rx_queue
   0: 0100007F:192B 00000000:0000 0A 00000000:00000000
   1: 0100007F:9C40 0100007F:192B 01 00000000:00000000
`;
  expect(socketsIn(sockets, true)).toEqual([{ port: 6443, everywhere: false }]);
  expect(socketsIn(sockets, false).map((it) => it.port)).toEqual([6443, 40000]);
  expect(socketsIn('\n 1: 00000000000000000000000000000000:0035 0 07', false)).toEqual([{ port: 53, everywhere: true }]);
  const routes = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`;
  expect(routesIn(routes)).toEqual([{ device: 'docker0', cidr: '172.17.0.0/16' }]);
  expect([overlaps('10.0.0.0/8', '10.9.0.0/16'), overlaps('10.0.0.0/16', '10.1.0.0/16'), overlaps('10.1.2.3/32', '10.1.2.0/24')]).toEqual([
    true,
    false,
    true,
  ]);
});

test('this host is read without a fault', async () => {
  const facts = await readHost({
    dataDir: '/var/lib/nowhere/at/all',
    host: '127.0.0.1',
    port: 0,
    portIsOurs: false,
    frontPorts: [],
    ownProcess: undefined,
    engine: undefined,
  });
  expect(facts.apiPortFault).toBeUndefined();
  expect(facts.freeBytes.data).toBeGreaterThan(0);
});
