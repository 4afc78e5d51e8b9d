import { Command as Parser, CommanderError, Option } from 'commander';
import { type Command, CommandError, type Flags } from './command.ts';
import type { Edges } from './edges.ts';

type Values = Readonly<Record<string, string | true>>;
/** What is to be run, or a text (help) that is to be shown instead. */
export type Parsed = { command: Command; flags: Values; settings: Readonly<Record<string, string>> } | { help: string };

const camel = (name: string): string => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Settings that say which cluster is meant; the others say how it is to run. */
const which = new Set(['name', 'data-dir', 'docker-host', 'config']);

/** Reads a command line as kubectl would. Fails with a CommandError in kubectl's words. */
export function parse(argv: readonly string[], commands: readonly Command[], settings: Edges['settings'], about: string): Parsed {
  let found: Parsed | undefined;
  let help = '';
  const toHelp = (text: string): void => {
    help += text;
  };
  const program = prepare(new Parser('peapod').description(about).usage('<command> [flags]'), toHelp);
  for (const it of commands) {
    const names = Object.keys(settings).filter((name) => it.settings === 'all' || (it.settings === 'which' && which.has(name)));
    const sub = prepare(program.command(it.name).summary(it.summary), toHelp);
    sub.description(it.details ? `${it.summary}.\n\n${it.details}` : `${it.summary}.`);
    for (const option of optionsOf(it.flags)) sub.addOption(option);
    for (const name of names) sub.addOption(settingOption(name, settings[name] as Edges['settings'][string]));
    sub.action(() => {
      const values = withoutEquals(sub.opts());
      const isSetting = (name: string): boolean => names.some((setting) => camel(setting) === name);
      found = {
        command: it,
        flags: pick(values, (name) => !isSetting(name)),
        settings: rename(pick(values, isSetting)),
      };
    });
  }
  program.on('command:*', ([name = '']: string[]) => {
    throw new CommandError(`unknown command ${JSON.stringify(name)} for "peapod"${similarTo(name, commands)}`);
  });
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (!['commander.helpDisplayed', 'commander.help'].includes(error.code))
      throw new CommandError(inWordsOfKubectl(error, argv, commands));
  }
  return found ?? { help: help || program.helpInformation() };
}

function prepare(parser: Parser, onText: (text: string) => void): Parser {
  return parser
    .exitOverride()
    .configureOutput({ writeOut: onText, writeErr: () => {} })
    .helpOption('-h, --help', 'Show this help')
    .helpCommand(false)
    .showSuggestionAfterError(false)
    .allowExcessArguments(false);
}

const optionsOf = (flags: Flags): Option[] =>
  Object.entries(flags).map(([name, { summary, value, short, hidden }]) =>
    new Option(`${short ? `-${short}, ` : ''}--${kebab(name)}${value ? ` <${value}>` : ''}`, summary).hideHelp(hidden === true),
  );

const settingOption = (name: string, setting: { summary: string; default: string }): Option =>
  new Option(`--${name} <value>`, `${setting.summary}${setting.default ? ` (default ${setting.default})` : ''}`);

const pick = (values: Values, wanted: (name: string) => boolean): Values =>
  Object.fromEntries(Object.entries(values).filter(([name]) => wanted(name)));
const rename = (values: Values): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [kebab(name), String(value)]));

/** The parser leaves the sign of `-o=json` in the value. */
const withoutEquals = (options: Values): Values =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name, typeof value === 'string' ? value.replace(/^=/, '') : value]));

/** Faults as kubectl (cobra and pflag) words them. */
function inWordsOfKubectl(error: CommanderError, argv: readonly string[], commands: readonly Command[]): string {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  const known = commands.find((it) => it.name === argv[0])?.name;
  const see = `\nSee 'peapod${known ? ` ${known}` : ''} --help' for usage.`;
  switch (error.code) {
    case 'commander.unknownOption':
      if (quoted.startsWith('--')) return `unknown flag: ${quoted.split('=')[0]}${see}`;
      return `unknown shorthand flag: '${quoted[1] ?? ''}' in ${quoted}${see}`;
    case 'commander.optionMissingArgument':
      return `flag needs an argument: ${/--[a-z-]+/.exec(quoted)?.[0] ?? quoted}${see}`;
    case 'commander.excessArguments':
      return `unexpected arguments: ${argv
        .slice(1)
        .filter((it) => !it.startsWith('-'))
        .join(' ')}${see}`;
    default:
      return `${error.message.replace(/^error: /, '')}${see}`;
  }
}

/** As cobra suggests: commands within two changes of what was typed, or that begin with it. */
export function similarTo(name: string, commands: ReadonlyArray<{ name: string }>): string {
  const near = commands.map((it) => it.name).filter((it) => distance(name, it) <= 2 || it.startsWith(name.toLowerCase()));
  return near.length === 0 ? '' : `\n\nDid you mean this?\n${near.map((it) => `\t${it}`).join('\n')}`;
}

/** Levenshtein's: how many letters must change to make one of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries())
      next.push(Math.min((row[j + 1] as number) + 1, (next[j] as number) + 1, (row[j] as number) + (letter === other ? 0 : 1)));
    row = next;
  }
  return row[b.length] as number;
}
