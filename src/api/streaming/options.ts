import type { core } from '../../kinds/index.ts';
import { forbidden, type FieldError, invalidValue, notSupported, toCause } from '../../meta/field-error.ts';
import { badRequest, invalid } from '../../meta/status-error.ts';
import type { LogOptions, SessionOptions } from '../node-connection.ts';
import { isTrue } from '../request.ts';

const flag = (query: URLSearchParams, name: string): boolean => isTrue(query.get(name));

/** Which streams are asked for. A terminal has no stderr of its own. */
export function sessionOptions(query: URLSearchParams): SessionOptions {
  const tty = flag(query, 'tty');
  const options = { stdin: flag(query, 'stdin'), stdout: flag(query, 'stdout'), stderr: flag(query, 'stderr') && !tty, tty };
  if (!options.stdin && !options.stdout && !options.stderr) throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return options;
}

export function execCommand(query: URLSearchParams): string[] {
  const command = query.getAll('command');
  if (command.length === 0 || command[0] === '') throw badRequest('you must specify at least one command for the container');
  return command;
}

/** Ports of the older WebSocket forwarding, which names them in the request. */
export function forwardPorts(query: URLSearchParams): number[] {
  const given = [...query.getAll('ports'), ...query.getAll('port')].flatMap((it) => it.split(','));
  if (given.length === 0) throw badRequest('query parameter "port" is required');
  return given.map(portOf);
}

/** Fails with BadRequest. */
export function portOf(text: string): number {
  if (text === '') throw badRequest('query parameter "port" cannot be empty');
  const unreadable = (why: string) =>
    badRequest(`unable to parse ${JSON.stringify(text)} as a port: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^\d+$/.test(text)) throw unreadable('invalid syntax');
  if (Number(text) > 65535) throw unreadable('value out of range');
  if (Number(text) < 1) throw badRequest(`port ${JSON.stringify(text)} must be > 0`);
  return Number(text);
}

/** The container a request means (core/pod's validateContainer). Fails with BadRequest when there is none of that name, or several and no name. */
export function containerOf(pod: core.Pod, query: URLSearchParams): string {
  const asked = query.get('container') ?? '';
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const names = [...initContainers, ...containers, ...ephemeralContainers].map((it) => it.name);
  if (asked) {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  const [only] = containers;
  if (only && containers.length === 1) return only.name;
  const choice = only ? `, choose one of: [${names.join(' ')}]` : '';
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}${choice}`);
}

/** Fails with BadRequest for what cannot be read and Invalid for what makes no sense, as PodLogOptions upstream. */
export function logOptions(name: string, query: URLSearchParams): LogOptions {
  const tailLines = integer(query, 'tailLines');
  const sinceSeconds = integer(query, 'sinceSeconds');
  const limitBytes = integer(query, 'limitBytes');
  const sinceTime = time(query, 'sinceTime');
  const stream = query.get('stream') ?? 'All';
  const faults: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0) faults.push(invalidValue('tailLines', tailLines, 'must be greater than or equal to 0'));
  if (limitBytes !== undefined && limitBytes < 1) faults.push(invalidValue('limitBytes', limitBytes, 'must be greater than 0'));
  if (sinceSeconds !== undefined && sinceTime !== undefined)
    faults.push(forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    faults.push(invalidValue('sinceSeconds', sinceSeconds, 'must be greater than 0'));
  if (!isStream(stream)) faults.push(notSupported('stream', stream, streams));
  else if (stream !== 'All' && tailLines !== undefined)
    faults.push(forbidden('', '`tailLines` and specific `stream` are mutually exclusive for now'));
  if (faults.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, faults.map(toCause));
  return {
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    ...(tailLines !== undefined && { tailLines }),
    ...(sinceSeconds !== undefined && { sinceSeconds }),
    ...(sinceTime !== undefined && { sinceTime }),
    ...(limitBytes !== undefined && { limitBytes }),
    stream: isStream(stream) ? stream : 'All',
  };
}

const streams = ['All', 'Stderr', 'Stdout'] as const;
const isStream = (it: string): it is (typeof streams)[number] => (streams as readonly string[]).includes(it);

/** A signed 64-bit number; beyond 2^53 it loses digits nobody counts. */
function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const broken = (why: string) => badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw broken('invalid syntax');
  if (BigInt(text.replace('+', '')) !== BigInt.asIntN(64, BigInt(text.replace('+', '')))) throw broken('value out of range');
  return Number(text);
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function time(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (rfc3339.test(text) && !Number.isNaN(Date.parse(text))) return text;
  const layout = '2006-01-02T15:04:05Z07:00';
  throw badRequest(
    `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(text)} as ${JSON.stringify('2006')}`,
  );
}
