import type { core } from '../../kinds/index.ts';
import { canonicalQuantity } from '../../meta/quantity.ts';
import type { Sheet } from './sheet.ts';
import { longTime } from './sheet.ts';

type Container = core.Container | core.EphemeralContainer;
type Source = 'Containers' | 'Init Containers' | 'Ephemeral Containers';

/** Containers of a pod, or of a template when there are no `statuses` to speak of. `indent` stands before each name. */
export function putContainers(
  sheet: Sheet,
  level: number,
  title: Source,
  containers: readonly Container[],
  statuses: readonly core.ContainerStatus[] | undefined,
  pod: core.Pod | undefined,
  indent: string,
): void {
  sheet.put(level, `${title}:`);
  for (const it of containers)
    putContainer(
      sheet,
      level,
      it,
      statuses?.find(({ name }) => name === it.name),
      pod,
      indent,
      statuses !== undefined,
    );
}

function putContainer(
  sheet: Sheet,
  level: number,
  it: Container,
  status: core.ContainerStatus | undefined,
  pod: core.Pod | undefined,
  indent: string,
  isPod: boolean,
): void {
  const put = (line: string, deeper = 0): void => sheet.put(2 + deeper, line);
  sheet.put(level, `${indent}${it.name}:`);
  if (status) put(`Container ID:\t${status.containerID ?? ''}`);
  put(`Image:\t${it.image ?? ''}`);
  if (status) put(`Image ID:\t${status.imageID ?? ''}`);
  const ports = it.ports ?? [];
  const named = (pick: (port: core.ContainerPort) => number): string =>
    ports.length === 0 ? '<none>' : ports.map((port) => `${pick(port)}/${port.protocol ?? 'TCP'}`).join(', ');
  put(`${ports.length > 1 ? 'Ports' : 'Port'}:\t${named((port) => port.containerPort)}`);
  put(`${ports.length > 1 ? 'Host Ports' : 'Host Port'}:\t${named((port) => port.hostPort ?? 0)}`);
  for (const [title, words] of [
    ['Command', it.command],
    ['Args', it.args],
  ] as const) {
    if (!words || words.length === 0) continue;
    put(`${title}:`);
    for (const word of words) for (const line of word.split('\n')) put(line, 1);
  }
  if (isPod && status) putStatus(put, status);
  if (it.resources?.limits) putAmounts(put, 'Limits', it.resources.limits);
  if (it.resources?.requests) putAmounts(put, 'Requests', it.resources.requests);
  for (const [title, probe] of [
    ['Liveness', it.livenessProbe],
    ['Readiness', it.readinessProbe],
    ['Startup', it.startupProbe],
  ] as const)
    if (probe) put(`${title}:\t${probeText(probe)}`);
  putEnvironment(put, it, pod);
  putMounts(put, it);
}

type Put = (line: string, deeper?: number) => void;

function putStatus(put: Put, status: core.ContainerStatus): void {
  putState(put, 'State', status.state);
  if (status.lastState?.terminated) putState(put, 'Last State', status.lastState);
  put(`Ready:\t${status.ready ? 'True' : 'False'}`);
  put(`Restart Count:\t${status.restartCount ?? 0}`);
}

function putState(put: Put, title: string, state: core.ContainerState | undefined): void {
  if (state?.running) {
    put(`${title}:\tRunning`);
    put(`  Started:\t${longTime(state.running.startedAt)}`);
  } else if (state?.terminated) {
    const { reason, message, exitCode, signal, startedAt, finishedAt } = state.terminated;
    put(`${title}:\tTerminated`);
    if (reason) put(`  Reason:\t${reason}`);
    if (message) put(`  Message:\t${message}`);
    put(`  Exit Code:\t${exitCode}`);
    if (signal) put(`  Signal:\t${signal}`);
    put(`  Started:\t${longTime(startedAt)}`);
    put(`  Finished:\t${longTime(finishedAt)}`);
  } else {
    put(`${title}:\tWaiting`);
    if (state?.waiting?.reason) put(`  Reason:\t${state.waiting.reason}`);
  }
}

function putAmounts(put: Put, title: string, amounts: Readonly<Record<string, string>>): void {
  const entries = Object.entries(amounts).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length > 0) put(`${title}:`);
  for (const [name, amount] of entries) put(`  ${name}:\t${canonicalQuantity(amount)}`);
}

export function probeText(probe: core.Probe): string {
  const attributes = `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 0}s period=${probe.periodSeconds ?? 0}s #success=${probe.successThreshold ?? 0} #failure=${probe.failureThreshold ?? 0}`;
  const { exec, httpGet, tcpSocket, grpc } = probe;
  if (exec) return `exec [${(exec.command ?? []).join(' ')}] ${attributes}`;
  if (httpGet) {
    const path = (httpGet.path ?? '').replace(/^([^/])/, '/$1');
    return `http-get ${(httpGet.scheme ?? 'HTTP').toLowerCase()}://${httpGet.host ?? ''}:${httpGet.port}${path} ${attributes}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port} ${attributes}`;
  if (grpc) return `grpc <pod>:${grpc.port} ${grpc.service ?? ''} ${attributes}`;
  return `unknown ${attributes}`;
}

function putEnvironment(put: Put, it: Container, pod: core.Pod | undefined): void {
  const { env = [], envFrom = [] } = it;
  if (envFrom.length > 0) {
    put('Environment Variables from:');
    for (const source of envFrom) {
      const [kind, from] = source.configMapRef ? ['ConfigMap', source.configMapRef] : ['Secret', source.secretRef];
      const prefix = source.prefix ? ` with prefix '${source.prefix}'` : '';
      put(`  ${from?.name ?? ''}\t${kind}${prefix}\tOptional: ${from?.optional === true}`);
    }
  }
  if (env.length === 0) {
    put('Environment:\t<none>');
    return;
  }
  put('Environment:');
  for (const each of env) putVariable(put, each, it, pod);
}

function putVariable(put: Put, { name, value, valueFrom }: core.EnvVar, container: Container, pod: core.Pod | undefined): void {
  if (!valueFrom) {
    for (const [i, line] of (value ?? '').split('\n').entries()) put(i === 0 ? `  ${name}:\t${line}` : `  \t${line}`);
    return;
  }
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef) put(`  ${name}:\t${pod ? fieldOf(pod, fieldRef.fieldPath) : ''} (${fieldRef.apiVersion ?? 'v1'}:${fieldRef.fieldPath})`);
  if (resourceFieldRef) {
    const amount = amountOf(container, resourceFieldRef.resource);
    put(`  ${name}:\t${amount} (${resourceFieldRef.resource})`);
  }
  if (secretKeyRef)
    put(`  ${name}:\t<set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name}'>\tOptional: ${secretKeyRef.optional === true}`);
  if (configMapKeyRef)
    put(
      `  ${name}:\t<set to the key '${configMapKeyRef.key}' of config map '${configMapKeyRef.name}'>\tOptional: ${configMapKeyRef.optional === true}`,
    );
}

function fieldOf(pod: core.Pod, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  const found = path.split('.').reduce<unknown>((it, key) => (it as Record<string, unknown> | undefined)?.[key], pod);
  return typeof found === 'string' ? found : '';
}

/** Whole units, rounded up, as the container will see it. */
function amountOf(container: Container, path: string): string {
  const [part = '', name = ''] = path.split('.');
  const amount = container.resources?.[part as 'limits' | 'requests']?.[name];
  if (amount === undefined) return part === 'limits' ? `node allocatable` : '0';
  if (name === 'cpu') return String(Math.ceil(amount.endsWith('m') ? Number(amount.slice(0, -1)) / 1000 : Number(amount)));
  return amount;
}

function putMounts(put: Put, it: Container): void {
  const mounts = [...(it.volumeMounts ?? [])].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1));
  if (mounts.length === 0) put('Mounts:\t<none>');
  else put('Mounts:');
  for (const mount of mounts) {
    const flags = [mount.readOnly ? 'ro' : 'rw', ...(mount.subPath ? [`path=${JSON.stringify(mount.subPath)}`] : [])];
    put(`  ${mount.mountPath} from ${mount.name} (${flags.join(',')})`);
  }
  const devices = [...(it.volumeDevices ?? [])].sort((a, b) => (a.devicePath < b.devicePath ? -1 : 1));
  if (devices.length > 0) put('Devices:');
  for (const device of devices) put(`  ${device.devicePath} from ${device.name}`);
}
