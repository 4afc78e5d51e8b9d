import { type FieldError, forbidden, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { portName, portNumber } from '../../../meta/names.ts';
import type { IntOrString } from '../../../meta/types.ts';
import { faultsOf, notNegative } from '../../faults.ts';
import type { Container, HTTPGetAction, LifecycleHandler, PodSpec, Probe } from '../../generated/core-v1.ts';

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<LifecycleHandler, 'sleep'>;
const graceIfUnsaid = 30;

/** One handler and no more, with what it needs. Of several, the first alone is looked at. */
export function handlerFaults(handler: Handler, path: string, spec: PodSpec): FieldError[] {
  const [first, ...more] = (['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const).filter((it) => handler[it]);
  if (!first) return [required(path, 'must specify a handler type')];
  const faults = actionFaults(first, handler, `${path}.${first}`, spec);
  return [...faults, ...more.map((it) => forbidden(`${path}.${it}`, 'may not specify more than 1 handler type'))];
}

function actionFaults(name: keyof Handler, handler: Handler, path: string, spec: PodSpec): FieldError[] {
  if (name === 'exec') return handler.exec?.command?.length ? [] : [required(`${path}.command`)];
  if (name === 'httpGet') return httpFaults(handler.httpGet, path);
  if (name === 'tcpSocket') return portFaults(handler.tcpSocket?.port, `${path}.port`);
  if (name === 'grpc') return portFaults(handler.grpc?.port, `${path}.port`);
  const grace = spec.terminationGracePeriodSeconds ?? graceIfUnsaid;
  const seconds = handler.sleep?.seconds ?? 0;
  if (seconds >= 0 && seconds <= grace) return [];
  return [invalidValue(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)];
}

function httpFaults(action: HTTPGetAction | undefined, path: string): FieldError[] {
  const { path: page, port, scheme = 'HTTP', httpHeaders = [] } = action ?? {};
  const schemes = ['HTTP', 'HTTPS'];
  return [
    ...(page ? [] : [required(`${path}.path`)]),
    ...portFaults(port, `${path}.port`),
    ...(schemes.includes(scheme) ? [] : [notSupported(`${path}.scheme`, scheme, schemes)]),
    ...httpHeaders
      .filter(({ name }) => !/^[-A-Za-z0-9]+$/.test(name ?? ''))
      .map(({ name }) => invalidValue(`${path}.httpHeaders`, name ?? '', headerRule)),
  ];
}

const headerRule =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

const portFaults = (port: IntOrString | undefined, path: string): FieldError[] =>
  typeof port === 'string' ? faultsOf(path, port, portName(port)) : faultsOf(path, port ?? 0, portNumber(port ?? 0));

const counts = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;

/** Probes of a container that has some. */
export function probeFaults(container: Container, path: string, spec: PodSpec): FieldError[] {
  return (['livenessProbe', 'readinessProbe', 'startupProbe'] as const).flatMap((name) => {
    const probe = container[name];
    if (!probe) return [];
    const at = `${path}.${name}`;
    const faults = [...handlerFaults(probe, at, spec), ...counts.flatMap((it) => notNegative(`${at}.${it}`, probe[it]))];
    const grace = probe.terminationGracePeriodSeconds;
    const graceAt = `${at}.terminationGracePeriodSeconds`;
    if (grace !== undefined && grace <= 0) faults.push(invalidValue(graceAt, grace, 'must be greater than 0'));
    if (name === 'readinessProbe') {
      if (grace !== undefined) faults.push(invalidValue(graceAt, grace, 'must not be set for readinessProbes'));
    } else if ((probe.successThreshold ?? 1) !== 1)
      faults.push(invalidValue(`${at}.successThreshold`, probe.successThreshold, 'must be 1'));
    return faults;
  });
}
