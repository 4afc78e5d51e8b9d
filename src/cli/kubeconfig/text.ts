import { boolCoreTag, CORE_SCHEMA, defineScalarTag, dump, load, NOT_RESOLVED } from 'js-yaml';
import { faultOf, type Kubeconfig } from './entries.ts';

// Go's YAML takes these for booleans when they stand without quotes; so texts that look like them get quotes.
const words: Record<string, boolean> = { true: true, yes: true, on: true, y: true, false: false, no: false, off: false, n: false };
const quoted = CORE_SCHEMA.withTags(
  defineScalarTag('tag:yaml.org,2002:bool', {
    ...boolCoreTag,
    implicit: true,
    implicitFirstChars: [...'tTyYoOfFnN'],
    resolve: (source) => words[source.toLowerCase()] ?? NOT_RESOLVED,
  }),
);

/** Reads a kubeconfig, YAML or JSON; an empty one is undefined. Fails with the reason alone. */
export function readKubeconfig(text: string): Kubeconfig | undefined {
  let content: unknown;
  try {
    // Words such as `yes` and dates stay the texts they are, and are written again as they were.
    content = text.trim() === '' ? undefined : load(text, { schema: CORE_SCHEMA });
  } catch (cause) {
    throw new Error((cause as Error).message.split('\n')[0], { cause });
  }
  if (content === undefined || content === null) return undefined;
  const fault = faultOf(content);
  if (fault !== undefined) throw new Error(fault);
  return content as Kubeconfig;
}

export const writeKubeconfig = (config: Kubeconfig): string => dump(config, { schema: quoted, noRefs: true, lineWidth: -1 });
