import { parseLabelSelector } from '../../meta/parse-label-selector.ts';
import { matchesRequirements } from '../../meta/selector.ts';
import type { Target } from './kustomization.ts';
import { currentOf, metadataOf, originalOf, type Resource } from './resource.ts';

/** Texts of a target are regular expressions over the whole value; names count as they were at first and as they are now. */
export function select(resources: readonly Resource[], target: Target): Resource[] {
  const matcher = (pattern: string | undefined): ((...values: string[]) => boolean) => {
    if (!pattern) return () => true;
    const expression = new RegExp(`^(?:${pattern})$`);
    return (...values) => values.some((it) => expression.test(it));
  };
  const [group, version, kind] = [matcher(target.group), matcher(target.version), matcher(target.kind)];
  const [name, namespace] = [matcher(target.name), matcher(target.namespace)];
  const labels = parseLabelSelector(target.labelSelector ?? '');
  const annotations = parseLabelSelector(target.annotationSelector ?? '');
  return resources.filter((it) => {
    const [was, now] = [originalOf(it), currentOf(it)];
    const metadata = metadataOf(it.object);
    return (
      group(now.group) &&
      version(now.version) &&
      kind(now.kind) &&
      name(was.name, now.name) &&
      namespace(was.namespace || 'default', now.namespace || 'default') &&
      matchesRequirements(labels, (metadata.labels ?? {}) as Record<string, string>) &&
      matchesRequirements(annotations, (metadata.annotations ?? {}) as Record<string, string>)
    );
  });
}
