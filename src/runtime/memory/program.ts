/** What a command does, as far as an engine without processes can tell. */
export type Program = {
  /** The engine's words when there is no such program. */
  missing?: string;
  prints?: string;
  /** Ends at once with this code; absent: runs until it is stopped. */
  exits?: number;
  ignoresTerm: boolean;
  /** The same as the command of an exec. */
  result: { exitCode: number; output: string };
};

/**
 * A few commands by name: `true`, `false`, `echo TEXT…`, `exit CODE` (also as `sh -c 'exit CODE'`) end at once, `deaf`
 * ignores the stop signal, `no-such-program` is none; all others run.
 */
export function programOf(command: readonly string[]): Program {
  const [name = '', ...args] = command[0] === 'sh' && command[1] === '-c' ? (command[2] ?? '').split(' ') : command;
  switch (name) {
    case 'no-such-program': {
      const missing = `exec: "${name}": executable file not found in $PATH: unknown`;
      return { missing, ignoresTerm: false, result: { exitCode: 126, output: `OCI runtime exec failed: ${missing}` } };
    }
    case 'true':
      return ending(0, '');
    case 'false':
      return ending(1, '');
    case 'exit':
      return ending(Number(args[0] ?? 0), '');
    case 'echo':
      return ending(0, `${args.join(' ')}\n`);
    default:
      return { ignoresTerm: name === 'deaf', result: { exitCode: 0, output: '' } };
  }
}

const ending = (exitCode: number, output: string): Program => ({
  exits: exitCode,
  ...(output !== '' && { prints: output }),
  ignoresTerm: false,
  result: { exitCode, output },
});
