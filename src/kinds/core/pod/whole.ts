import { type FieldError, forbidden } from '../../../meta/field-error.ts';
import type { Pod, PodSpec } from '../../generated/core-v1.ts';
import { podAnnotationFaults } from './annotations.ts';
import { imageSpaceFaults } from './container.ts';
import { podSpecFaults } from './validate.ts';

/** Faults of a pod, whatever is done with it: its annotations, its spec, and what templates are spared (validatePodMetadataAndSpec). */
export function podFaults({ metadata, spec }: Pod): FieldError[] {
  const lists = (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap((it, i) => imageSpaceFaults(it, `spec.${list}[${i}]`)),
  );
  return [
    ...podAnnotationFaults(metadata.annotations, spec, 'metadata.annotations'),
    ...podSpecFaults(spec, 'spec', { isPod: true, podName: metadata.name }),
    ...(spec.serviceAccountName ? [] : tokenFaults(spec)),
    ...lists,
  ];
}

/** A token needs an account it is for. */
const tokenFaults = (spec: PodSpec): FieldError[] =>
  (spec.volumes ?? []).flatMap(({ projected }, i) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, j) =>
      serviceAccountToken
        ? [
            forbidden(
              `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`,
              'must not be specified when serviceAccountName is not set',
            ),
          ]
        : [],
    ),
  );
