import type { core } from '../../kinds/index.ts';
import { StatusError } from '../../meta/status-error.ts';
import { CommandError } from '../command.ts';
import { duration, onOff, text } from '../grammar/flags.ts';
import type { Io } from '../io.ts';
import { joinTerminal } from '../streams/index.ts';
import { chooseContainer } from './containers.ts';
import { writeAll } from './line-writer.ts';
import { podNamed } from './pod-named.ts';
import type { Session } from './session.ts';
import { verb } from './verb.ts';

export const attach = verb({
  name: 'attach',
  summary: 'Attach to a container that runs',
  usage: '(POD | TYPE/NAME) -c CONTAINER',
  completes: 'pods',
  flags: {
    container: text('The container', { short: 'c' }),
    stdin: onOff('Hand standard input to the container', { short: 'i' }),
    tty: onOff('It has a terminal', { short: 't' }),
    quiet: onOff('Say less', { short: 'q' }),
    podRunningTimeout: duration('Taken and ignored', { hidden: true }),
  },
  async run(context) {
    const { flags: given, args, io } = context;
    if (args.length === 0) throw new CommandError('at least 1 argument is required for attach');
    if (args.length > 2)
      throw new CommandError(`expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${args.length}: ${args.join(' ')}`);
    const session = context.session();
    const pod = await podNamed(session, args.length === 2 ? args.join('/') : (args[0] as string));
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed')
      throw new CommandError(`cannot attach a container in a completed pod; current phase is ${pod.status.phase}`);
    const container = given.container ?? chooseContainer(pod, (it) => io.tell(it));
    return attachTo(session, pod, container, {
      stdin: given.stdin === true,
      tty: given.tty === true,
      quiet: given.quiet === true,
      io,
      logs: false,
    });
  },
});

export type Attaching = { stdin: boolean; tty: boolean; quiet: boolean; io: Io; logs: boolean };

/** Attaches; a container that has ended already shows its log instead. Resolves with the exit code. */
export async function attachTo(
  session: Session,
  pod: core.Pod,
  container: string,
  { stdin, tty, quiet, io, logs }: Attaching,
): Promise<number> {
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
  const hasEnded = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const showLog = async (): Promise<number> => {
    const stream = await session.requests.stream({ path: `${path}/log`, accept: '*/*', query: { container, follow: true } });
    for await (const chunk of stream) await writeAll(io.output, chunk as Buffer);
    return 0;
  };
  if (hasEnded && logs) return showLog();
  if (stdin && !quiet && io.isTerminal) io.tell("If you don't see a command prompt, try pressing enter.");
  const raw = tty && io.input().isTTY === true;
  const query = { container, stdin: stdin || undefined, stdout: true, stderr: !raw || undefined, tty: raw || undefined };
  try {
    return await joinTerminal(session.requests.login, `${path}/attach`, query, io, { stdin, tty: raw });
  } catch (error) {
    // It has ended before it could be attached to: what it said is in its log.
    if (!logs || !(error instanceof StatusError)) throw error;
    io.tell(`warning: couldn't attach to pod/${pod.metadata.name}, falling back to streaming logs: ${error.message}`);
    return showLog();
  }
}
