import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CommandError, messageOf } from '../command.ts';
import { lines } from '../grammar/flags.ts';

/** What ConfigMaps and Secrets are filled from. */
export const sourceFlags = {
  fromLiteral: lines('A key and its value: key=value'),
  fromFile: lines('A file, a folder, or key=file'),
  fromEnvFile: lines('A file with lines of key=value'),
} as const;

export type Sources = {
  fromLiteral?: readonly string[] | undefined;
  fromFile?: readonly string[] | undefined;
  fromEnvFile?: readonly string[] | undefined;
};

/** Keys and contents, in the order given. Fails with a CommandError in kubectl's words. */
export function contentOf(
  { fromLiteral = [], fromFile = [], fromEnvFile = [] }: Sources,
  kind: 'ConfigMap' | 'Secret',
  name: string,
): Map<string, Buffer> {
  if (fromEnvFile.length > 0 && (fromFile.length > 0 || fromLiteral.length > 0))
    throw new CommandError('from-env-file cannot be combined with from-file or from-literal');
  const found = new Map<string, Buffer>();
  const add = (key: string, content: Buffer): void => {
    const fault = keyFault(key);
    if (fault) throw new CommandError(`${JSON.stringify(key)} is not a valid key name for a ${kind}: ${fault}`);
    if (found.has(key))
      throw new CommandError(
        `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data for ${kind} ${JSON.stringify(name)}`,
      );
    found.set(key, content);
  };
  for (const it of fromFile) for (const [key, content] of filesOf(it)) add(key, content);
  for (const it of fromLiteral) add(...literalOf(it));
  for (const it of fromEnvFile) for (const [key, value] of envOf(it)) add(key, Buffer.from(value));
  return found;
}

const keyFault = (key: string): string | undefined =>
  /^[-._a-zA-Z0-9]+$/.test(key) && key.length <= 253 && key !== '.' && key !== '..'
    ? undefined
    : "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

function literalOf(text: string): [string, Buffer] {
  const at = text.indexOf('=');
  if (at <= 0) throw new CommandError(`invalid literal source ${text}, expected key=value`);
  return [text.slice(0, at), Buffer.from(text.slice(at + 1))];
}

function filesOf(source: string): Array<[string, Buffer]> {
  const parts = source.split('=');
  if (parts.length > 2) throw new CommandError("key names or file paths cannot contain '='");
  if (parts.length === 2 && (parts[0] === '' || parts[1] === ''))
    throw new CommandError(parts[0] === '' ? `key name for file path ${parts[1]} missing` : `file path for key name ${parts[0]} missing`);
  const path = parts.at(-1) as string;
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new CommandError(`error reading ${path}: no such file or directory`);
  if (!stat.isDirectory()) return [[parts.length === 2 ? (parts[0] as string) : basename(path), readBytes(path)]];
  if (parts.length === 2) throw new CommandError('cannot give a key name for a directory path');
  return readdirSync(path)
    .sort()
    .filter((name) => statSync(join(path, name)).isFile() && keyFault(name) === undefined)
    .map((name) => [name, readBytes(join(path, name))]);
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new CommandError(`error reading ${path}: ${messageOf(cause)}`, { cause });
  }
}

function envOf(path: string): Array<[string, string]> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new CommandError(`error reading ${path}: no such file or directory`);
  if (stat.isDirectory()) throw new CommandError('env config file cannot be a directory');
  const found: Array<[string, string]> = [];
  for (const raw of readBytes(path)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)) {
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    const key = at < 0 ? line : line.slice(0, at);
    const fault = envNameFault(key);
    if (fault) throw new CommandError(`${JSON.stringify(key)} is not a valid key name: ${fault}`);
    if (at >= 0) found.push([key, line.slice(at + 1)]);
  }
  return found;
}

/** apimachinery's IsEnvVarName; undefined for a good one. */
export const envNameFault = (name: string): string | undefined =>
  /^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)
    ? undefined
    : "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";
