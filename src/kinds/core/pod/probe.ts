import { type FieldError, forbidden, invalidValue, required } from '../../../meta/field-error.ts';
import { portName, portNumber } from '../../../meta/names.ts';
import { faultsOf, notNegative } from '../../faults.ts';
import type { Container, LifecycleHandler, Probe } from '../../generated/core-v1.ts';

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<LifecycleHandler, 'sleep'>;

/** One handler and no more, with what it needs. */
function handlerFaults(handler: Handler, path: string): FieldError[] {
  const given = (['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const).filter((it) => handler[it]);
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  const faults = given.slice(1).map((it) => forbidden(`${path}.${it}`, 'may not specify more than 1 handler type'));
  if (handler.exec && !handler.exec.command?.length) faults.push(required(`${path}.exec.command`));
  for (const name of ['httpGet', 'tcpSocket', 'grpc'] as const) {
    const at = handler[name];
    if (at === undefined) continue;
    const { port } = at;
    if (typeof port === 'number') faults.push(...faultsOf(`${path}.${name}.port`, port, portNumber(port)));
    else faults.push(...faultsOf(`${path}.${name}.port`, port ?? '', portName(port ?? '')));
  }
  if (handler.httpGet && !handler.httpGet.path) faults.push(required(`${path}.httpGet.path`));
  for (const [i, { name }] of (handler.httpGet?.httpHeaders ?? []).entries()) {
    if (!/^[-A-Za-z0-9]+$/.test(name ?? ''))
      faults.push(
        invalidValue(
          `${path}.httpGet.httpHeaders[${i}]`,
          name ?? '',
          "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
        ),
      );
  }
  return faults;
}

const onlyRestartable = 'may not be set for init containers without restartPolicy=Always';
const counts = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;

/** Probes and hooks of a container. Init containers have them only when they go on beside the others. */
export function probeFaults(container: Container, path: string, isInit: boolean): FieldError[] {
  const faults: FieldError[] = [];
  const oneShot = isInit && container.restartPolicy !== 'Always';
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[name];
    if (!probe) continue;
    const at = `${path}.${name}`;
    if (oneShot) faults.push(forbidden(at, onlyRestartable));
    faults.push(...handlerFaults(probe, at), ...counts.flatMap((it) => notNegative(`${at}.${it}`, probe[it])));
    const grace = probe.terminationGracePeriodSeconds;
    if (name === 'readinessProbe') {
      if (grace !== undefined)
        faults.push(invalidValue(`${at}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'));
      continue;
    }
    if (grace !== undefined && grace <= 0)
      faults.push(invalidValue(`${at}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
    if ((probe.successThreshold ?? 1) !== 1) faults.push(invalidValue(`${at}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  if (!container.lifecycle) return faults;
  if (oneShot) faults.push(forbidden(`${path}.lifecycle`, onlyRestartable));
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = container.lifecycle[hook];
    if (handler) faults.push(...handlerFaults(handler, `${path}.lifecycle.${hook}`));
  }
  return faults;
}
