import { StatusError } from '../meta/status-error.ts';

/** How a client wants its answer. */
export type Form = {
  as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  apiVersion: string;
  type: 'json' | 'yaml';
};

const plain: Form = { as: 'object', apiVersion: '', type: 'json' };

/** The first form of the Accept header that we can make. Fails with NotAcceptable when there is none. */
export function negotiate(accept: string | undefined): Form {
  if (!accept) return plain;
  for (const choice of accept.split(',')) {
    const [type = '', ...parameters] = choice.split(';').map((it) => it.trim());
    const given = Object.fromEntries(parameters.map((it) => it.split('=', 2))) as Record<string, string | undefined>;
    if (type === 'application/json' || type === '*/*' || type === 'application/*') {
      if (!given.as) return plain;
      const known = given.as === 'Table' || given.as === 'PartialObjectMetadata' || given.as === 'PartialObjectMetadataList';
      if (known && given.g === 'meta.k8s.io' && (given.v === 'v1' || given.v === 'v1beta1')) {
        return { as: given.as as Form['as'], apiVersion: `meta.k8s.io/${given.v}`, type: 'json' };
      }
    }
    if (type === 'application/yaml' && !given.as) return { ...plain, type: 'yaml' };
  }
  throw new StatusError('NotAcceptable', 'only the following media types are accepted: application/json, application/yaml');
}
