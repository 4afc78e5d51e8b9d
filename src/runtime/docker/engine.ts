import Docker from 'dockerode';
import { type Clock, seconds } from '../../lib/clock.ts';
import { EngineUnavailable } from '../runtime.ts';
import { EngineError } from './failure.ts';

/**
 * Where the engine listens, as DOCKER_HOST has it: `unix:///var/run/docker.sock`, `npipe:////./pipe/docker_engine`,
 * `tcp://address:port`. `tls` are PEM texts; with them, or on port 2376, the connection is encrypted.
 */
export type DockerConfig = {
  host: string;
  tls?: { ca?: string; cert?: string; key?: string };
  /** Who puts pods into their network: `engine`, or `auto`, which is us where we can (it is faster). */
  network?: 'auto' | 'engine';
};

type DialOptions = { path: string; method: string; isStream?: boolean; hijack?: boolean; openStdin?: boolean };
type DialCallback = (error: unknown, data: unknown) => void;
type Modem = { dial(options: DialOptions, callback: DialCallback): void };

/** Calls that answer at once take longer than this only when the engine is stuck. */
const patience = seconds(120);

// `stop` and `wait` last as long as the container.
const isLong = ({ path, isStream, hijack, openStdin }: DialOptions): boolean =>
  Boolean(isStream || hijack || openStdin) || /\/(stop|wait|restart|commit)(\?|$)/.test(path);

/** A client of that engine whose errors are EngineError (in the engine's own words) or EngineUnavailable. */
export function engineAt(config: DockerConfig, clock: Clock): Docker {
  const docker = new Docker(addressOf(config));
  const modem = docker.modem as Modem;
  const dial = modem.dial.bind(modem);
  modem.dial = (options, callback) => {
    let answered = false;
    const answer: DialCallback = (error, data) => {
      if (answered) return;
      answered = true;
      cancel();
      callback(error ? worded(error, config.host) : null, data);
    };
    const what = `${options.method} ${options.path.replace(/\?.*/, '')}`;
    const late = (): void =>
      answer(new EngineUnavailable(`the Docker Engine at ${config.host} did not answer ${what} within ${patience / 1000} seconds`), null);
    const cancel = isLong(options) ? () => {} : clock.schedule(patience, late);
    dial(options, answer);
  };
  return docker;
}

/** Every field is given, be it as undefined: the library fills in what is absent from the environment. */
function addressOf({ host, tls }: DockerConfig): Docker.DockerOptions {
  const nothing = { host: undefined, socketPath: undefined, port: undefined, protocol: undefined, username: undefined, timeout: undefined };
  const bare = { ...nothing, ca: undefined, cert: undefined, key: undefined, pathPrefix: '/', agentForward: false };
  const local = /^(unix|npipe):\/\/(.+)$/.exec(host);
  if (local) return { ...bare, socketPath: local[2] as string, protocol: 'http' } as Docker.DockerOptions;
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (!url || !['tcp:', 'http:', 'https:'].includes(url.protocol)) {
    const hint = url?.protocol === 'ssh:' ? ': forward its socket (ssh -L /tmp/docker.sock:/var/run/docker.sock) and use unix://' : '';
    throw new Error(`${host} is no address of a Docker Engine that can be used${hint || ' (unix://, npipe:// or tcp://)'}`);
  }
  const secure = url.protocol === 'https:' || tls !== undefined || url.port === '2376';
  return {
    ...bare,
    host: url.hostname,
    port: Number(url.port) || (secure ? 2376 : 2375),
    protocol: secure ? 'https' : 'http',
    ...(secure && tls),
  } as Docker.DockerOptions;
}

/** What went wrong, in the engine's words, or that it cannot be reached. */
function worded(error: unknown, host: string): Error {
  if (error instanceof EngineUnavailable) return error;
  const { statusCode, json, message, code } = error as {
    statusCode?: number;
    json?: { message?: string } | Buffer;
    message: string;
    code?: string;
  };
  if (statusCode !== undefined) {
    const words = json && 'message' in json ? json.message : undefined;
    // Of an answer that would have been a stream the library keeps the words alone, behind some of its own.
    return new EngineError(statusCode, words ?? message.replace(/^\(HTTP code \d+\) .*? - /, '').trim(), { cause: error });
  }
  // Aborted by whoever asked.
  if (code === 'ABORT_ERR') return error as Error;
  const hint = code === undefined ? undefined : hints[code];
  return new EngineUnavailable(`the Docker Engine at ${host} cannot be reached: ${message}${hint ? ` (${hint})` : ''}`, { cause: error });
}

const hints: Readonly<Record<string, string>> = {
  EACCES: 'this user may not use it: join the group docker, or be root',
  ENOENT: 'is it installed and started? DOCKER_HOST says where it listens',
  ECONNREFUSED: 'is it started? DOCKER_HOST says where it listens',
};
