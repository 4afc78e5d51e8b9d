import { CommandError } from '../command.ts';

/** Splits `TYPE NAME… a=b c=d e-` (kubectl, GetResourcesAndPairs). `thing` is what the pairs are called in refusals. */
export function splitPairs(args: readonly string[], thing: string): { rest: string[]; pairs: string[] } {
  const isPair = (word: string): boolean => word.indexOf('=') > 0 || (word.endsWith('-') && word !== '-');
  const at = args.findIndex(isPair);
  if (at < 0) return { rest: [...args], pairs: [] };
  const pairs = args.slice(at);
  const stray = pairs.find((it) => !isPair(it));
  if (stray !== undefined) throw new CommandError(`all resources must be specified before ${thing} changes: ${stray}`);
  return { rest: args.slice(0, at), pairs };
}

/** `a=b` as a and b. */
export function halves(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}
