import { CommandError } from '../command.ts';
import { verb } from './verb.ts';

/** Each shell asks `peapod __complete` what could stand at the cursor. */
const scripts: Readonly<Record<string, string>> = {
  bash: `# peapod: source <(peapod completion bash)
_peapod() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" line
  COMPREPLY=()
  # A word with = or : arrives in pieces: what is before the last one stays as it is.
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <("\${COMP_WORDS[0]}" __complete -- "\${words[@]}" 2>/dev/null)
  if [ "\${#COMPREPLY[@]}" -eq 0 ]; then compopt -o default 2>/dev/null; fi
  case "\${COMPREPLY[0]}" in */) compopt -o nospace 2>/dev/null ;; esac
}
complete -F _peapod peapod
`,
  zsh: `#compdef peapod
# peapod: source <(peapod completion zsh)
_peapod() {
  local -a found
  found=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=(\${found:#})
  if (( \${#found} )); then compadd -- "\${found[@]}"; else _files; fi
}
compdef _peapod peapod
`,
  fish: `# peapod: peapod completion fish | source
function __peapod_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (command $words[1] __complete -- $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c peapod -f -a '(__peapod_complete)'
`,
};

export const completion = verb({
  name: 'completion',
  summary: 'Print the script that completes command lines in a shell',
  usage: '(bash | zsh | fish)',
  flags: {},
  async run({ args, io }) {
    const help = "\nSee 'peapod completion -h' for help and examples";
    if (args.length === 0) throw new CommandError(`Shell not specified.${help}`);
    if (args.length > 1) throw new CommandError(`Too many arguments. Expected only the shell type.${help}`);
    const script = scripts[args[0] as string];
    if (script === undefined) throw new CommandError(`Unsupported shell type ${JSON.stringify(args[0])}.${help}`);
    io.write(script);
    return 0;
  },
});
