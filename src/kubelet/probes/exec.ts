import { type Streams, ExecTimeout } from '../../runtime/index.ts';
import { goDuration } from '../../lib/go-duration.ts';
import { type Outcome, ProbeError } from './outcome.ts';

/** Runs the command in the container; exit code 0 is success, running out of time a failure. Fails with ProbeError when it could not be run. */
export async function probeExec(streams: Streams, id: string, command: readonly string[], timeoutMs: number): Promise<Outcome> {
  try {
    const { exitCode, output } = await streams.run(id, command, { timeoutMs, limitBytes: 10 * 1024 });
    return { result: exitCode === 0 ? 'success' : 'failure', output };
  } catch (error) {
    if (error instanceof ExecTimeout) {
      return { result: 'failure', output: `command ${JSON.stringify(command.join(' '))} timed out after ${goDuration(timeoutMs)}` };
    }
    throw new ProbeError((error as Error).message, { cause: error });
  }
}
