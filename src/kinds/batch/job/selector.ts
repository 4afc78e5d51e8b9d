import { type FieldError, invalidValue, required } from '../../../meta/field-error.ts';
import { matchesSelector } from '../../../meta/selector.ts';
import type { Job } from '../../generated/batch-v1.ts';

/** The labels by which a job knows its pods; the short ones came first. */
export const jobLabels = (name: string, uid: string): { [key: string]: string } => ({
  'batch.kubernetes.io/controller-uid': uid,
  'batch.kubernetes.io/job-name': name,
  'controller-uid': uid,
  'job-name': name,
});

/**
 * Unless the user wants to select by hand, a job selects pods by its own uid (registry/batch/job/strategy.go). A job
 * without labels of its own has those of its template.
 */
export function generateSelector(draft: Job): void {
  const { metadata, spec } = draft;
  if (!spec.manualSelector && spec.template) {
    const template = spec.template;
    template.metadata = { ...template.metadata, labels: { ...jobLabels(metadata.name, metadata.uid), ...template.metadata?.labels } };
    const key = 'batch.kubernetes.io/controller-uid';
    spec.selector = { ...spec.selector, matchLabels: { [key]: metadata.uid, ...spec.selector?.matchLabels } };
  }
  const labels = spec.template?.metadata?.labels;
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

/** A generated selector has not been touched. */
export function generatedSelectorFaults({ metadata, spec }: Job): FieldError[] {
  if (spec.manualSelector || !spec.selector) return [];
  const expected = jobLabels(metadata.name, metadata.uid);
  const labels = spec.template?.metadata?.labels ?? {};
  const faults = Object.entries(expected).flatMap(([key, value]) => {
    const path = `spec.template.metadata.labels[${key}]`;
    const text = `must be '${value}'`;
    if (labels[key] === undefined) return [required(path, text), invalidValue(path, labels, text)];
    return labels[key] === value ? [] : [invalidValue(path, labels, text)];
  });
  if (!matchesSelector(spec.selector, expected)) faults.push(invalidValue('spec.selector', spec.selector, '`selector` not auto-generated'));
  return faults;
}
