import { overlaps } from './cidr.ts';
import type { Facts, Finding } from './facts.ts';

type Check = (facts: Facts) => Finding | Finding[] | undefined;

const fine = (what: string): Finding => ({ level: 'fine', what });
const limited = (what: string, advice: string): Finding => ({ level: 'limited', what, advice });
const broken = (what: string, advice: string): Finding => ({ level: 'broken', what, advice });

const nodeVersion: Check = ({ nodeVersion: version }) =>
  Number(version.replace(/^v/, '').split('.')[0]) >= 20
    ? fine(`Node ${version}`)
    : broken(`Node ${version}`, 'peapod needs Node 20 or newer');

/** 20.10 speaks 1.41; what is older was never tried. */
const oldestApi = [1, 41];

const engine: Check = ({ engine: it, engineHost }) => {
  if (typeof it === 'string') return broken(it, 'node docker/setup/engine.mjs installs or starts one; DOCKER_HOST says where one listens');
  const what = `Docker Engine ${it.version} at ${engineHost} (API ${it.apiVersion}, ${it.operatingSystem}, kernel ${it.kernel}, ${it.architecture})`;
  const [major = 0, minor = 0] = it.apiVersion.split('.').map(Number);
  const isOld = major < (oldestApi[0] as number) || (major === oldestApi[0] && minor < (oldestApi[1] as number));
  return isOld ? limited(what, 'older than Docker 20.10: not tried, upgrade it') : fine(what);
};

const sharedHost: Check = ({ engine: it, cluster }) => {
  if (typeof it === 'string') return undefined;
  if (it.rootless)
    return limited('the engine runs rootless', 'addresses of pods are in its own network: they and probes may be out of reach');
  if (it.sharesHost) return fine('the engine runs on this host');
  return limited(
    'the engine runs elsewhere, or in another container',
    `files of ConfigMaps and Secrets reach pods only if the engine sees ${cluster.dataDir} under the same path; addresses of pods must be routed here`,
  );
};

/** What limits of containers are kept by. */
const controllers = ['cpu', 'memory', 'pids'];

const cgroups: Check = ({ engine: it, host }) => {
  if (typeof it === 'string') return undefined;
  const what = `cgroup v${it.cgroupVersion}`;
  if (!host.cgroupControllers) return fine(what);
  const missing = controllers.filter((name) => !host.cgroupControllers?.includes(name));
  return missing.length === 0
    ? fine(`${what} with ${controllers.join(', ')}`)
    : limited(
        `${what} without ${missing.join(', ')}`,
        `limits for ${missing.join(', ')} are not kept: enable the controller (kernel command line)`,
      );
};

const storageDriver: Check = ({ engine: it }) => {
  if (typeof it === 'string') return undefined;
  const what = `storage driver ${it.storageDriver}`;
  return it.storageDriver === 'vfs' ? limited(what, 'it copies whole images for each container: slow, and it fills the disk') : fine(what);
};

const root: Check = ({ isRoot }) =>
  isRoot
    ? fine('root')
    : broken('not root', 'addresses of Services (ip route add local) and their DNS (port 53) cannot be set up: run it as root');

const localRoute: Check = ({ platform, host, cluster }) => {
  if (platform !== 'linux') return limited(`no AnyIP on ${platform}`, 'cluster IPs work from nowhere; node ports work on this host');
  return host.programs.ip === undefined
    ? broken('the program ip is not installed', `it makes ${cluster.serviceCidr} local to this host (AnyIP): apt-get install iproute2`)
    : fine(`ip route add local works for ${cluster.serviceCidr} (AnyIP)`);
};

const withoutKernel = 'Services are carried by this process (userspace): slower, and NetworkPolicies are not enforced';

const dataPlane: Check = ({ platform, host, cluster, isRoot, engine: it }) => {
  if (platform !== 'linux') return undefined;
  if (cluster.dataPlane === 'userspace') return fine('Services are carried by this process, as chosen (data-plane: userspace)');
  const { nft, conntrack } = host.programs;
  const packages = [...(nft === undefined ? ['nftables'] : []), ...(conntrack === undefined ? ['conntrack'] : [])];
  if (nft === undefined) return limited('nf_tables cannot be used', `${withoutKernel}: apt-get install ${packages.join(' ')}`);
  if (conntrack === undefined) return limited('the program conntrack is not installed', `${withoutKernel}: apt-get install conntrack`);
  if (host.bridgeCallsIptables === undefined) return limited('br_netfilter is not loaded', `${withoutKernel}: modprobe br_netfilter`);
  if (!isRoot || typeof it === 'string' || !it.sharesHost) return undefined;
  return fine('nf_tables, conntrack and br_netfilter: Services are carried by the kernel, NetworkPolicies are enforced');
};

const apiPort: Check = ({ host, cluster }) => {
  const what = `port ${cluster.port} on ${cluster.host}`;
  if (host.apiPortFault === undefined) return fine(`${what} is ${cluster.running ? "the cluster's" : 'free'}`);
  return broken(`${what} cannot be listened on: ${host.apiPortFault}`, 'choose another: peapod up --port 6444');
};

/** A listener on all addresses has the port on those of Services too. */
const dnsPort: Check = ({ host }) =>
  host.listeningEverywhere?.includes(53)
    ? broken(
        'another DNS server has port 53 on all addresses',
        "the cluster's own cannot listen: let the other listen on certain addresses only",
      )
    : undefined;

const nodePorts: Check = ({ host, cluster }) => {
  const { first, last } = cluster.nodePorts;
  const range = `node ports ${first}-${last}`;
  const { clientPorts, listening } = host;
  if (clientPorts && clientPorts.first <= last && first <= clientPorts.last)
    return limited(
      `${range} overlap those the kernel hands out to clients (${clientPorts.first}-${clientPorts.last})`,
      'one of them may be taken when a Service wants it: sysctl -w net.ipv4.ip_local_port_range="32768 60999"',
    );
  const taken = cluster.running ? [] : [...new Set(listening ?? [])].filter((it) => it >= first && it <= last).sort((a, b) => a - b);
  return taken.length === 0 ? fine(`${range} are free`) : limited(`${range}: in use are ${taken.join(', ')}`, 'Services cannot have these');
};

const front: Check = ({ host, cluster }) => {
  const { frontPorts } = cluster;
  if (frontPorts.length === 0) return undefined;
  const what = `ports of the HTTP front (${frontPorts.join(', ')})`;
  if (host.frontHolders.length === 0) return fine(`${what} are free${cluster.running ? ' or its own' : ''}`);
  return host.frontHolders.map(({ port, holder }) =>
    limited(
      `port ${port} of the HTTP front is in use by ${holder}`,
      'URLs of Services and Ingresses answer there when it is free: stop the other, or choose another with --front-port and --front-tls-port',
    ),
  );
};

const ranges: Check = ({ host, cluster }) => {
  const { podCidr, serviceCidr } = cluster;
  // While it runs, its own bridge is the route to its pods.
  const isOwn = (cidr: string): boolean => cluster.running && cidr === `${podCidr.split('/')[0]}/24`;
  const clashes = (host.routes ?? []).filter(({ cidr }) => !isOwn(cidr) && (overlaps(cidr, podCidr) || overlaps(cidr, serviceCidr)));
  if (clashes.length === 0) return fine(`ranges ${podCidr} (pods) and ${serviceCidr} (Services) are free`);
  return clashes.map(({ cidr, device }) =>
    limited(
      `${cidr} is routed to ${device}, within ${overlaps(cidr, podCidr) ? `${podCidr} (pods)` : `${serviceCidr} (Services)`}`,
      `what is there is out of reach, or pods are: choose others with --pod-cidr and --service-cidr${device.startsWith('br-') ? ", unless it is this cluster's own network of before" : ''}`,
    ),
  );
};

const gigabyte = 1024 ** 3;

const disk: Check = ({ host, cluster, engine: it }) => {
  const places: Array<[string, number | undefined]> = [[cluster.dataDir, host.freeBytes.data]];
  if (typeof it !== 'string') places.push([it.rootDir, host.freeBytes.engine]);
  return places
    .filter((place): place is [string, number] => place[1] !== undefined)
    .map(([dir, bytes]) => {
      const what = `${(bytes / gigabyte).toFixed(1)} GB free for ${dir}`;
      if (bytes < gigabyte / 4) return broken(what, 'free some space: docker system prune');
      return bytes < 2 * gigabyte ? limited(what, 'images may not fit: docker system prune') : fine(what);
    });
};

const inotify: Check = ({ host }) => {
  const { instances, watches } = host.inotify;
  if (instances === undefined || watches === undefined) return undefined;
  const what = `inotify: ${instances} instances, ${watches} watches per user`;
  return instances < 512 || watches < 65_536
    ? limited(what, 'programs in many pods may run out: sysctl -w fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288')
    : fine(what);
};

const kubectl: Check = ({ host }) =>
  host.programs.kubectl === undefined
    ? limited('kubectl is not installed', 'https://kubernetes.io/docs/tasks/tools/')
    : fine(`kubectl: ${host.programs.kubectl}`);

/** In the order they are told: what everything hangs on first. */
const checks: readonly Check[] = [
  nodeVersion,
  engine,
  sharedHost,
  cgroups,
  storageDriver,
  root,
  localRoute,
  dataPlane,
  apiPort,
  dnsPort,
  nodePorts,
  front,
  ranges,
  disk,
  inotify,
  kubectl,
];

export const diagnose = (facts: Facts): Finding[] => checks.flatMap((check) => check(facts) ?? []);
