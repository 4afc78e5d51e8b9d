import type { AnyKind } from '../kinds/index.ts';
import { applyJsonPatch } from '../meta/patch/json.ts';
import { applyMergePatch } from '../meta/patch/merge.ts';
import { applyStrategicPatch } from '../meta/patch/strategic.ts';
import { badRequest, StatusError } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';

export type PatchType = 'json' | 'merge' | 'strategic';
/** The fourth content type of a PATCH is no patch but a configuration to apply. */
const applyType = 'application/apply-patch+yaml';
/** What a PATCH may come as. */
export const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  applyType,
] as const;

const mediaType = (contentType: string | undefined): string | undefined => contentType?.split(';')[0]?.trim();
export const isApply = (contentType: string | undefined): boolean => mediaType(contentType) === applyType;

/** The patch type behind a content type; what is none of ours is an UnsupportedMediaType. */
export function patchTypeOf(contentType: string | undefined): PatchType {
  switch (mediaType(contentType)) {
    case 'application/json-patch+json':
      return 'json';
    case 'application/merge-patch+json':
      return 'merge';
    case 'application/strategic-merge-patch+json':
      return 'strategic';
    default:
      throw new StatusError(
        'UnsupportedMediaType',
        `the body of the request was in an unknown format - accepted media types include: ${patchTypes.join(', ')}`,
      );
  }
}

/** The patched object, still to be read by the schema. A patch that names no resourceVersion is not conditioned on one. */
export function patched(kind: AnyKind, was: KubeObject, type: PatchType, body: unknown): unknown {
  // Nor does one that names no managedFields change them; one that does replaces them all.
  const { resourceVersion: _, managedFields: __, ...metadata } = was.metadata;
  const base = { ...was, metadata };
  switch (type) {
    case 'json':
      return applyJsonPatch(was, body);
    case 'merge':
      if (typeof body !== 'object' || body === null || Array.isArray(body))
        throw badRequest('error decoding patch: json: cannot unmarshal the patch into Go value of type map[string]interface {}');
      return applyMergePatch(base, body);
    case 'strategic':
      return applyStrategicPatch(kind.message, base, body);
  }
}
