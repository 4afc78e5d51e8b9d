import { applyJsonPatch } from '../../meta/patch/json.ts';
import { applyMergePatch } from '../../meta/patch/merge.ts';
import { readYamlDocuments } from '../../meta/read/yaml.ts';
import { CommandError, messageOf } from '../command.ts';
import type { Draft } from './create-from.ts';

/** An object with a JSON text merged into it. */
export function mergedWith(object: Draft, overrides: string, type: string | undefined): Draft {
  let body: unknown;
  try {
    body = readYamlDocuments(overrides)[0];
  } catch (cause) {
    throw new CommandError(`--overrides: ${messageOf(cause)}`, { cause });
  }
  if (type === 'json') return applyJsonPatch(object, body) as Draft;
  return applyMergePatch(object, body as never) as Draft;
}
