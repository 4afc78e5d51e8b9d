import { createHash } from 'node:crypto';
import { metadataOf, remember, type Resource } from './resource.ts';
import { isRecord, type Json } from './shape.ts';

// Vowels and look-alikes are replaced, so that no words come out (kubectl's util/hash).
const letters: Readonly<Record<string, string>> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };

/** Adds the hash of its content to the name of everything that asked for it. */
export function addHashes(resources: readonly Resource[]): void {
  for (const it of resources.filter((each) => each.hashed)) {
    const hash = contentHash(it.object);
    remember(it);
    const metadata = metadataOf(it.object);
    metadata.name = `${String(metadata.name)}-${hash}`;
  }
}

/**
 * The suffix that kubectl would give: ten digits of the SHA-256 of the compact JSON of what matters in the object. The
 * name is in it, but empty: since kustomize 4 (kubectl 1.21) it is looked up at a place where it never is. `create
 * --append-hash` has the name.
 */
export function contentHash(object: Json, name = ''): string {
  const { kind, data = '', binaryData, stringData, type = '' } = object;
  let seen: unknown = object;
  if (kind === 'ConfigMap') seen = { ...(isRecord(binaryData) && { binaryData }), data, kind, name };
  if (kind === 'Secret') seen = { data, kind, name, ...(isRecord(stringData) && { stringData }), type };
  const digest = createHash('sha256').update(goJson(seen)).digest('hex');
  return digest.slice(0, 10).replace(/[013ae]/g, (it) => letters[it] as string);
}

/** JSON as Go writes it: keys sorted by bytes, and characters that mean something in HTML as escapes. */
function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (!isRecord(value)) return goString(JSON.stringify(value));
  const keys = Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${keys.map((key) => `${goString(JSON.stringify(key))}:${goJson(value[key])}`).join(',')}}`;
}

const goString = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`);
