import { CommandError } from '../command.ts';
import { duration, onOff, text } from '../grammar/flags.ts';
import { joinTerminal } from '../streams/index.ts';
import { chooseContainer } from './containers.ts';
import { fileFlags } from './flag-sets.ts';
import { podNamed } from './pod-named.ts';
import { selectNames } from './selection.ts';
import { verb } from './verb.ts';

export const exec = verb({
  name: 'exec',
  summary: 'Run a command in a container',
  usage: '(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]',
  completes: 'pods',
  flags: {
    filename: fileFlags.filename,
    container: text('The container', { short: 'c' }),
    stdin: onOff('Hand standard input to the command', { short: 'i' }),
    tty: onOff('Give it a terminal', { short: 't' }),
    quiet: onOff('Say less', { short: 'q' }),
    podRunningTimeout: duration('Taken and ignored', { hidden: true }),
  },
  async run(context) {
    const { flags: given, args, dash, io } = context;
    const isFile = (given.filename?.length ?? 0) > 0;
    if (args.length === 0 && !isFile) throw new CommandError('pod, type/name or --filename must be specified');
    if (dash === undefined && args.length > 1)
      throw new CommandError(
        "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'peapod exec -h' for help and examples",
      );
    const command = dash === undefined ? [] : args.slice(dash);
    if (command.length === 0) throw new CommandError('you must specify at least one command for the container');
    const session = context.session();
    const named = isFile ? (await selectNames({ ...context, args: [] }, { filename: given.filename }))[0] : undefined;
    const word = named ? `${named.resource.plural}/${named.name}` : (args[0] as string);
    const pod = await podNamed(session, word);
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed')
      throw new CommandError(`cannot exec into a container in a completed pod; current phase is ${pod.status.phase}`);
    const container = given.container || chooseContainer(pod, (it) => (given.quiet ? undefined : io.tell(it)));
    const isTerminal = io.input().isTTY === true;
    const tty = given.tty === true && given.stdin === true && isTerminal;
    if (given.tty && !isTerminal && !given.quiet) io.tell('Unable to use a TTY - input is not a terminal or the right kind of file');
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/exec`;
    const query = { command, container, stdin: given.stdin || undefined, stdout: true, stderr: !tty || undefined, tty: tty || undefined };
    const code = await joinTerminal(session.requests.login, path, query, io, { stdin: given.stdin === true, tty });
    if (code !== 0) io.tell(`command terminated with exit code ${code}`);
    return code;
  },
});
