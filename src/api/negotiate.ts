import { StatusError } from '../meta/status-error.ts';

/** How a client wants its answer. */
export type Form = {
  as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** Of the Table or the metadata: `meta.k8s.io/v1` */
  apiVersion: string;
  type: 'json' | 'yaml';
};

export const plainJson: Form = { as: 'object', apiVersion: '', type: 'json' };
const forms: readonly string[] = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'];

export type MediaRange = { type: string; parameters: Readonly<Record<string, string | undefined>> };

/** The ranges of an Accept header, most wanted first. */
export function acceptedRanges(accept: string): MediaRange[] {
  const ranges = accept.split(',').map((range) => {
    const [type = '', ...rest] = range.split(';').map((it) => it.trim());
    const parameters = Object.fromEntries(rest.map((it) => it.split('=', 2) as [string, string | undefined]));
    const quality = parameters.q === undefined ? 1 : Number(parameters.q);
    return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
  });
  return ranges.filter((it) => it.quality > 0).sort((a, b) => b.quality - a.quality);
}

/** The first form of the Accept header that we can make; protobuf is none. Fails with NotAcceptable when there is none. */
export function negotiate(accept: string | undefined): Form {
  // Said by most requests there are.
  if (!accept || accept === 'application/json' || accept === '*/*') return plainJson;
  for (const { type, parameters } of acceptedRanges(accept)) {
    const { as, g, v } = parameters;
    const isJson = type === 'application/json' || type === '*/*' || type === 'application/*';
    if (isJson && !as) return plainJson;
    if (isJson && as && forms.includes(as) && g === 'meta.k8s.io' && (v === 'v1' || v === 'v1beta1')) {
      return { as: as as Form['as'], apiVersion: `meta.k8s.io/${v}`, type: 'json' };
    }
    if (type === 'application/yaml' && !as) return { ...plainJson, type: 'yaml' };
  }
  throw new StatusError('NotAcceptable', 'only the following media types are accepted: application/json, application/yaml');
}
