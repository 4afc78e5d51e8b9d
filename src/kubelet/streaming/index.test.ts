import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { core } from '../../kinds/index.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import type { ContainerState, LogChunk, LogRequest, ProcessIO, Streams } from '../../runtime/index.ts';
import { label, sandboxName } from '../names.ts';
import { createNodeConnection } from './index.ts';

const at = Date.UTC(2026, 0, 1, 12);
const ref = { namespace: 'default', pod: 'web', uid: 'u1', container: 'main' };
const all = { follow: false, previous: false, timestamps: false };

const state = (id: string, name: string, status: ContainerState['status'], attempt = 0, address = ''): ContainerState =>
  ({
    ...{ id, status, createdAt: attempt },
    labels: { [label.container]: name, [label.attempt]: String(attempt), ...(address && { [label.address]: address }) },
  }) as unknown as ContainerState;

/** A node whose engine has these containers; `asked` is what the engine was asked for. */
function nodeWith(
  containers: ContainerState[],
  chunks: LogChunk[] = [],
  resize: ProcessIO['resize'] = () => Promise.reject(new Error('it has ended')),
) {
  const asked: unknown[] = [];
  async function* logs(): AsyncGenerator<LogChunk> {
    yield* chunks;
  }
  const io: ProcessIO = {
    ...{ stdin: undefined, stdout: new PassThrough(), stderr: undefined, exitCode: Promise.resolve(0), close: () => {} },
    resize,
  };
  const streams = {
    logs: async (id: string, request: LogRequest) => {
      asked.push([id, request]);
      return logs();
    },
    exec: async (id: string, command: readonly string[]) => {
      asked.push([id, command]);
      return io;
    },
    attach: async (id: string) => {
      asked.push([id]);
      return io;
    },
    dial: async (id: string, port: number, address: string) => {
      asked.push([id, port, address]);
      return new PassThrough();
    },
  } as unknown as Streams;
  const clock = new VirtualClock(at);
  const node = createNodeConnection({
    streams,
    containersOf: (uid) => (uid === 'u1' ? containers : []),
    podOf: () => ({ status: { containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ContainerCreating' } } }] } }) as core.Pod,
    usage: () => Promise.reject(new Error('nothing is measured here')),
    clock,
  });
  return { node, asked, clock };
}

const signal = new AbortController().signal;

describe('logs', () => {
  const chunks: LogChunk[] = [
    { stream: 'stdout', data: Buffer.from('one\n') },
    { stream: 'stderr', data: Buffer.from('two\n') },
    { stream: 'stdout', data: Buffer.from('three\n') },
  ];
  const cases: Array<[name: string, options: object, want: string]> = [
    ['both streams', {}, 'one\ntwo\nthree\n'],
    ['one stream', { stream: 'Stderr' }, 'two\n'],
    ['up to a limit', { limitBytes: 6 }, 'one\ntw'],
    ['a limit beyond the end', { limitBytes: 600 }, 'one\ntwo\nthree\n'],
  ];
  test.each(cases)('%s', async (_, options, want) => {
    const { node } = nodeWith([state('c1', 'main', 'running')], chunks);
    expect(await text(await node.logs(ref, { ...all, ...options }, signal))).toBe(want);
  });

  const since: Array<[name: string, options: object, want: object]> = [
    ['seconds back from now', { sinceSeconds: 60 }, { since: at - 60_000 }],
    ['a time', { sinceTime: '2026-01-01T13:00:00+02:00' }, { since: at - 3_600_000 }],
    ['lines and stamps', { tailLines: 0, timestamps: true, follow: true }, { tailLines: 0, timestamps: true, follow: true }],
  ];
  test.each(since)('%s', async (_, options, want) => {
    const { node, asked } = nodeWith([state('c1', 'main', 'exited', 0), state('c2', 'main', 'running', 1)]);
    await node.logs(ref, { ...all, ...options }, signal);
    expect(asked).toEqual([['c2', { follow: false, timestamps: false, ...want }]]);
  });

  test('are refused with the reason why the container waits', async () => {
    const { node } = nodeWith([]);
    await expect(node.logs(ref, all, signal)).rejects.toThrow('container "main" in pod "web" is waiting to start: ContainerCreating');
  });
});

describe('exec and attach', () => {
  test('go to the newest attempt', async () => {
    const { node, asked } = nodeWith([state('c2', 'main', 'running', 1), state('c1', 'main', 'exited', 0), state('o', 'other', 'running')]);
    const options = { stdin: false, stdout: true, stderr: false, tty: true };
    const session = await node.exec(ref, ['true'], options);
    await node.attach(ref, options);
    expect(asked).toEqual([['c2', ['true']], ['c2']]);
    // A size that comes too late is no fault.
    session.resize({ width: 1, height: 1 });
  });

  test('take sizes one after the other, and the newest last', async () => {
    const taken: number[] = [];
    const answers: Array<() => void> = [];
    const { node } = nodeWith([state('c1', 'main', 'running')], [], ({ width }) => {
      taken.push(width);
      return new Promise((resolve) => answers.push(resolve));
    });
    const session = await node.attach(ref, { stdin: false, stdout: true, stderr: false, tty: true });
    for (const width of [80, 81, 82]) session.resize({ width, height: 1 });
    expect(taken).toEqual([80]);
    answers[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toEqual([80, 82]);
  });

  test('take a size that comes before the process runs', async () => {
    let tries = 0;
    const { node, clock } = nodeWith([state('c1', 'main', 'running')], [], async () => {
      tries += 1;
      if (tries < 3) throw new Error('it does not run yet');
    });
    const session = await node.exec(ref, ['sh'], { stdin: false, stdout: true, stderr: false, tty: true });
    session.resize({ width: 80, height: 24 });
    await clock.advance(1_000);
    expect(tries).toBe(3);
  });

  test('need one that runs', async () => {
    const { node } = nodeWith([state('c2', 'main', 'exited', 1), state('c1', 'main', 'running', 0)]);
    const options = { stdin: false, stdout: true, stderr: false, tty: false };
    await expect(node.exec(ref, ['true'], options)).rejects.toThrow('container not found ("main")');
    await expect(node.attach({ ...ref, uid: 'u2' }, options)).rejects.toThrow('container not found ("main")');
  });
});

describe('port-forward', () => {
  test("goes to the pod's sandbox", async () => {
    const { node, asked } = nodeWith([state('s1', sandboxName, 'exited'), state('s2', sandboxName, 'running', 1, '10.1.2.3')]);
    await node.portForward(ref, 80);
    expect(asked).toEqual([['s2', 80, '10.1.2.3']]);
  });

  test('needs one that runs', async () => {
    await expect(nodeWith([]).node.portForward(ref, 80)).rejects.toThrow('pod not found ("web_default")');
  });
});
