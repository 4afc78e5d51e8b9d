import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable, Writable } from 'node:stream';

/** A container of a pod on the node. */
export type ContainerRef = { namespace: string; pod: string; uid: string; container: string };

export type LogOptions = {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  /** Whole lines from the end; undefined: all. */
  tailLines?: number;
  sinceSeconds?: number;
  /** RFC 3339 */
  sinceTime?: string;
  limitBytes?: number;
  stream?: 'All' | 'Stdout' | 'Stderr';
};

/** A process in a container (exec) or the container's own (attach). Streams that were not asked for are undefined. */
export interface Session {
  stdin: Writable | undefined;
  stdout: Readable | undefined;
  stderr: Readable | undefined;
  resize(size: { width: number; height: number }): void;
  /** Settles when the process has ended and the output streams have; attach resolves with 0 when output ends. */
  exitCode: Promise<number>;
  /** The client has gone. An exec'ed process is left to the engine as upstream does; sockets are let go of. */
  close(): void;
}

export type SessionOptions = { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean };

/** What is used at a time: billionths of a processor, and bytes. */
export type Rate = { nanocores: number; memoryBytes: number };

/** Times in milliseconds; `window` is the span that was looked at, which ends `at`. */
export type NodeUsage = {
  at: number;
  window: number;
  node: Rate;
  pods: ReadonlyArray<{ uid: string; at: number; window: number; containers: ReadonlyArray<Rate & { name: string }> }>;
};

/**
 * What the API server needs from the node agent that runs a pod. Failures are StatusErrors
 * (`container "x" in pod "y" is waiting to start: ContainerCreating` is a BadRequest, as upstream).
 */
export interface NodeConnection {
  /** Plain log bytes; ends at the end of the log, or with `signal` when following. */
  logs(container: ContainerRef, options: LogOptions, signal: AbortSignal): Promise<Readable>;
  exec(container: ContainerRef, command: readonly string[], options: SessionOptions): Promise<Session>;
  attach(container: ContainerRef, options: SessionOptions): Promise<Session>;
  /** A TCP connection to `port` as seen from inside the pod's network. */
  portForward(pod: Omit<ContainerRef, 'container'>, port: number): Promise<Duplex>;
  /** Looks at what the node and its running containers use now; may take a second or two. */
  usage(): Promise<NodeUsage>;
  /**
   * Answers a request to the node's own HTTP API (what upstream's kubelet serves on port 10250): the API server has found
   * that its client may. `path` begins with a slash and has its query; the request's own URL says how it was asked for.
   */
  serve?(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>;
}
