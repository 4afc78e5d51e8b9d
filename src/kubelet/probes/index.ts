import type { core } from '../../kinds/index.ts';
import type { Streams } from '../../runtime/index.ts';
import { probeExec } from './exec.ts';
import { probeGrpc } from './grpc.ts';
import { probeHttp } from './http.ts';
import { type Outcome, type Probed, ProbeError } from './outcome.ts';
import { probeTcp } from './tcp.ts';

export type { ProbeResults, ProbeType } from './machine.ts';
export type { Probed } from './outcome.ts';
export { createProbes, type Probes } from './run.ts';

/** Makes one probe. Fails with ProbeError when the probe itself cannot be made; that counts neither way. */
export function runProbe(probe: core.Probe, probed: Probed, streams: Streams): Promise<Outcome> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  const at = (host: string | undefined, port: number | string): { address: string; port: number; timeoutMs: number } => ({
    address: host || probed.address,
    port: portOf(probed.container, port),
    timeoutMs,
  });
  if (probe.exec) return probeExec(streams, probed.id, probe.exec.command ?? [], timeoutMs);
  if (probe.httpGet) {
    const { host, port, path = '/', scheme, httpHeaders } = probe.httpGet;
    return probeHttp({ ...at(host, port), scheme: scheme === 'HTTPS' ? 'HTTPS' : 'HTTP', path, headers: httpHeaders ?? [] });
  }
  if (probe.tcpSocket) return probeTcp(at(probe.tcpSocket.host, probe.tcpSocket.port));
  if (probe.grpc) return probeGrpc(at(undefined, probe.grpc.port), probe.grpc.service ?? '');
  return Promise.reject(new ProbeError(`missing probe handler for ${probed.container.name}`));
}

/** A port by number or by one of the container's port names. Fails with ProbeError. */
export function portOf(container: core.Container, port: number | string): number {
  const number = typeof port === 'number' ? port : (container.ports?.find((it) => it.name === port)?.containerPort ?? Number(port));
  if (Number.isInteger(number) && number > 0 && number < 65536) return number;
  throw new ProbeError(`invalid port number: ${port}`);
}
