import { decodeProtobuf } from '../schema/protobuf.ts';
import { badRequest, StatusError } from '../status-error.ts';
import { duplicateKeys } from './duplicates.ts';
import { readYamlDocuments } from './yaml.ts';

/** `faults` are the sentences of a strict reader. */
export type Body = { value: unknown; faults: string[] };

/** JSON.parse's own stack is safe at any depth, ours is not: what is too deep is refused before anything walks the value. */
function refuseDepth(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object') return value;
  if (depth > 1_000) throw badRequest('exceeded max depth');
  if (value !== null) for (const inner of Object.values(value)) refuseDepth(inner, depth + 1);
  return value;
}

/**
 * Reads a request body by its content type: JSON (also when none is given), YAML, or Kubernetes protobuf.
 * Keys that stand twice in one object are `faults`; they are looked for only when `strict`.
 * Fails with BadRequest, or UnsupportedMediaType.
 */
export function readBody(
  bytes: Buffer,
  contentType: string | undefined,
  strict: boolean,
  messageFor: (apiVersion: string, kind: string) => string | undefined,
): Body {
  const type = (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase();
  switch (type) {
    case '':
    case 'application/json': {
      const text = bytes.toString('utf8');
      try {
        const value = refuseDepth(JSON.parse(text));
        return { value, faults: strict ? duplicateKeys(text).map((it) => `duplicate field ${JSON.stringify(it)}`) : [] };
      } catch (cause) {
        if (cause instanceof StatusError) throw cause;
        throw badRequest(`couldn't get version/kind; json parse error: ${(cause as Error).message}`, cause);
      }
    }
    case 'application/yaml':
    case 'application/x-yaml':
    case 'text/yaml': {
      const found: string[] = [];
      const documents = readYamlDocuments(bytes.toString('utf8'), found);
      if (documents.length > 1) throw badRequest('the body holds more than one YAML document');
      return { value: documents[0], faults: strict ? found.map((it) => `yaml: ${it}`) : [] };
    }
    case 'application/vnd.kubernetes.protobuf':
      return { value: decodeProtobuf(bytes, messageFor).object, faults: [] };
    default:
      throw new StatusError(
        'UnsupportedMediaType',
        `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf`,
      );
  }
}
