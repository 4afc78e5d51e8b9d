import { boolCoreTag, CORE_SCHEMA, defineScalarTag, dump, intCoreTag, loadAll, mergeTag, NOT_RESOLVED, YAMLException } from 'js-yaml';
import { badRequest } from '../status-error.ts';

// Kubernetes reads YAML 1.1: `yes` is true and 0777 is octal. Times stay text, 22:22 too, and so do y and n.
const int = defineScalarTag('tag:yaml.org,2002:int', {
  ...intCoreTag,
  implicit: true,
  resolve: (source, explicit, tag) => (/^0[0-7]+$/.test(source) ? Number.parseInt(source, 8) : intCoreTag.resolve(source, explicit, tag)),
});
const words: Record<string, boolean> = { true: true, yes: true, on: true, false: false, no: false, off: false };
const bool = defineScalarTag('tag:yaml.org,2002:bool', {
  ...boolCoreTag,
  implicit: true,
  implicitFirstChars: [...'tTyYoOfFnN'],
  resolve: (source) => (/^([a-z]+|[A-Z][a-z]*|[A-Z]+)$/.test(source) ? (words[source.toLowerCase()] ?? NOT_RESOLVED) : NOT_RESOLVED),
});
const schema = CORE_SCHEMA.withTags(bool, int, mergeTag);

/** More nodes than any manifest has: aliases that multiply are refused here, not in memory. */
const mostNodes = 500_000;

function countNodes(value: unknown, left: { nodes: number }, depth: number): void {
  left.nodes -= 1;
  if (left.nodes < 0) throw badRequest('error converting YAML to JSON: document contains excessive aliasing');
  if (depth > 500) throw badRequest('error converting YAML to JSON: exceeded max depth');
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) countNodes(inner, left, depth + 1);
}

function loadLoosely(text: string): unknown[] {
  try {
    return loadAll(text, { schema, json: true });
  } catch (cause) {
    throw badRequest(`error converting YAML to JSON: yaml: ${(cause as Error).message.split('\n')[0]}`, cause);
  }
}

/**
 * All documents of a stream; empty ones are left out. Fails with BadRequest, naming the line. A key that stands twice
 * is a fault, unless `duplicates` is given: then the last one counts, and the list says where.
 */
export function readYamlDocuments(text: string, duplicates?: string[]): unknown[] {
  let documents: unknown[];
  try {
    documents = loadAll(text, { schema });
  } catch (cause) {
    const known = cause instanceof YAMLException;
    if (known && duplicates && duplicates.length === 0 && cause.reason === 'duplicated mapping key') {
      duplicates.push(`line ${(cause.mark?.line ?? 0) + 1}: key already set in map`);
      documents = loadLoosely(text);
    } else throw badRequest(`error converting YAML to JSON: yaml: ${known ? cause.message.split('\n')[0] : String(cause)}`, cause);
  }
  const left = { nodes: mostNodes };
  for (const document of documents) countNodes(document, left, 0);
  if (!text.endsWith('\n')) dropAddedBreak(documents, text);
  return documents.filter((it) => it !== null && it !== undefined);
}

/**
 * A block of text that ends with the file, without a line break, has none at its end either. The parser reads as if
 * there were one; it is taken off again, since what kustomize hashes must be the same to the byte.
 */
function dropAddedBreak(documents: unknown[], text: string): void {
  const lastLine = text.slice(text.lastIndexOf('\n') + 1).trimStart();
  let holder = documents as unknown as Record<string, unknown>;
  for (;;) {
    const key = Object.keys(holder).at(-1);
    if (key === undefined) return;
    const value = holder[key];
    if (typeof value === 'object' && value !== null) holder = value as Record<string, unknown>;
    else {
      const isBlock = typeof value === 'string' && lastLine !== '' && value.endsWith(`${lastLine}\n`);
      if (isBlock) holder[key] = value.slice(0, -1);
      return;
    }
  }
}

/** What reads as something else than text in YAML 1.1 is quoted. */
export const writeYaml = (value: unknown): string => dump(value, { schema, noRefs: true, lineWidth: -1 });
