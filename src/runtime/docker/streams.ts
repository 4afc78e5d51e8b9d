import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import type { Clock } from '../../lib/clock.ts';
import { NoSuchContainer, type Streams } from '../runtime.ts';
import { dialContainer } from './dial.ts';
import { hasBegun, inContainer, processOf, runExec, startExec } from './exec.ts';
import { engineLogs } from './logs.ts';
import { inTurns } from './turns.ts';
import { diskOf } from './disk.ts';
import { usageOf } from './usage.ts';

// More at a time start nothing sooner (measured: 40 a second at most), and leave this process no time on a small host:
// clients give up after ten seconds in which a connection did not come about.
const execStarts = 8;

/** Whether output, or its end, comes within a moment; nothing of it is taken. */
const saysSomething = (socket: Duplex): Promise<boolean> =>
  new Promise((resolve) => {
    const settle = (said: boolean): void => {
      clearTimeout(patience);
      socket.off('readable', hear);
      resolve(said);
    };
    const hear = (): void => settle(true);
    const patience = setTimeout(() => settle(false), 500);
    socket.on('readable', hear);
  });

/** `ownHost`: the engine's processes are processes of this host, to be found in /proc. */
export function dockerStreams(docker: Docker, deps: { clock: Clock; ownHost: boolean }): Streams {
  const { clock, ownHost } = deps;
  const turn = inTurns(execStarts);
  return {
    exec: (id, command, want) =>
      new Promise((resolve, reject) => {
        // The place is given up when the process runs, while the caller has its streams already.
        turn(async () => {
          const running = await startExec(docker, id, command, want, clock);
          resolve(running.io);
          await hasBegun(running, deps);
        }).catch(reject);
      }),
    run: (id, command, limits) => runExec(docker, id, command, limits, deps),
    async attach(id, want) {
      const container = docker.getContainer(id);
      const { Config: config } = await inContainer(container.inspect());
      const socket = (await inContainer(container.attach({ ...want, stream: true, hijack: true }))) as unknown as Duplex;
      // The engine lets one attach to what has ended in the meantime, and then says nothing for ever.
      const { State: state } = await inContainer(container.inspect());
      if (!state.Running && !(await saysSomething(socket))) {
        socket.destroy();
        throw new NoSuchContainer(`container not running (${id})`);
      }
      return processOf(socket, want, config.Tty, {
        resize: async ({ width, height }) => void (await container.resize({ w: width, h: height })),
        exitCode: async () => 0,
      });
    },
    logs: (id, request, signal) => engineLogs(docker, id, request, signal),
    dial: (id, port, address) => dialContainer(docker, id, port, address, ownHost),
    usage: (id) => usageOf(docker, id, clock.now(), ownHost),
    disk: (id) => diskOf(docker, id, ownHost),
  };
}
