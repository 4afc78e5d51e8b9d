import type Docker from 'dockerode';
import type { Clock } from '../../lib/clock.ts';
import type { Streams } from '../runtime.ts';
import { attachTo } from './attach.ts';
import { dialContainer } from './dial.ts';
import { hasBegun, runExec, startExec } from './exec.ts';
import { engineLogs } from './logs.ts';
import { inTurns } from './turns.ts';
import { diskOf, filesOf } from './disk.ts';
import { usageOf } from './usage.ts';

// More at a time start nothing sooner (measured: 40 a second at most), and leave this process no time on a small host:
// clients give up after ten seconds in which a connection did not come about.
const execStarts = 8;

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
    attach: (id, want) => attachTo(docker, id, want, deps),
    logs: (id, request, signal) => engineLogs(docker, id, request, signal),
    dial: (id, port, address) => dialContainer(docker, id, port, address, ownHost),
    usage: (id) => usageOf(docker, id, clock.now(), ownHost),
    disk: (id) => diskOf(docker, id, ownHost),
    files: (id) => filesOf(docker, id, ownHost),
  };
}
