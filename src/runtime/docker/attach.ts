import { existsSync } from 'node:fs';
import { type Duplex, Writable } from 'node:stream';
import type Docker from 'dockerode';
import type { Clock } from '../../lib/clock.ts';
import { type ContainerId, NoSuchContainer, type ProcessIO, type Streams } from '../runtime.ts';
import { inContainer, processOf } from './exec.ts';

/** How long the outputs must have been silent after the end of the input, and how long that is waited for in all. */
const silence = 2_000;
const longest = 10_000;

/** Joins the streams of a container's own process. Fails with NoSuchContainer when it does not run. */
export async function attachTo(
  docker: Docker,
  id: ContainerId,
  want: Parameters<Streams['attach']>[1],
  { clock, ownHost }: { clock: Clock; ownHost: boolean },
): Promise<ProcessIO> {
  const container = docker.getContainer(id);
  const { Config: config } = await inContainer(container.inspect());
  const socket = (await inContainer(container.attach({ ...want, stream: true, hijack: true }))) as unknown as Duplex;
  // Who has missed all of it is better served by the log, where clients look when they are refused. The engine itself
  // lets one attach to what has ended, also without a word for ever, and learns of an end a moment after it.
  const missed = await endsWithoutAWord(socket);
  const { State: state } = await inContainer(container.inspect());
  if (missed || !state.Running) {
    socket.destroy();
    throw new NoSuchContainer(`container not running (${id})`);
  }
  let heardAt = clock.now();
  let ended = false;
  const io = processOf(socket, want, config.Tty, {
    resize: async ({ width, height }) => void (await container.resize({ w: width, h: height })),
    exitCode: async () => 0,
    isOver: () => ownHost && !existsSync(`/proc/${state.Pid}`),
    onOutput: () => {
      heardAt = clock.now();
    },
  });
  if (!io.stdin || (config.StdinOnce && !config.Tty)) return io;
  void io.exitCode.then(() => {
    ended = true;
  });
  return { ...io, stdin: endingInSilence(socket, { clock, heardAt: () => heardAt, isOver: () => ended }) };
}

type Heard = { clock: Clock; heardAt(): number; isOver(): boolean };

/**
 * With the end of the input the engine lets go of the outputs, unless the container's own input ends with it
 * (StdinOnce): the answer to `echo question | kubectl attach -i` comes too late (containerd does the same). So the end
 * is kept from the engine until nothing more is said.
 */
export function endingInSilence(socket: Writable, { clock, heardAt, isOver }: Heard): Writable {
  return new Writable({
    write: (chunk, _, done) => void socket.write(chunk, done),
    final(done) {
      const endedAt = clock.now();
      const look = (): void => {
        const left = Math.min(Math.max(heardAt(), endedAt) + silence, endedAt + longest) - clock.now();
        if (left > 0 && !isOver()) return void clock.schedule(left, look);
        socket.end();
        done();
      };
      look();
    },
  });
}

/** Whether the outputs end within a moment and nothing came of them; nothing is taken. */
const endsWithoutAWord = (socket: Duplex): Promise<boolean> =>
  new Promise((resolve) => {
    const settle = (ended: boolean): void => {
      clearTimeout(timer);
      socket.off('readable', hear).off('close', hear);
      resolve(ended);
    };
    // The end is readable as well, as nothing.
    const hear = (): void => settle(socket.readableLength === 0);
    const timer = setTimeout(() => settle(false), 100);
    socket.on('readable', hear).on('close', hear);
  });
