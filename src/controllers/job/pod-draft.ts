import { type batch, type core, job as jobKind } from '../../kinds/index.ts';
import type { Draft } from '../../meta/types.ts';
import { podDraft } from '../pod-draft.ts';
import { nextFailureCounts } from './view.ts';
import { failureCountKey, ignoredFailureCountKey, indexKey, trackingFinalizer } from './vocabulary.ts';

/** Generated names are this long at most before their suffix. */
const longest = 58;

/** A pod of the job's template; with an index it knows which (label, annotation, variable, host name). */
export function jobPodDraft(job: batch.Job, index: number | undefined, replaced: core.Pod | undefined): Draft<core.Pod> {
  const draft = podDraft(job.spec.template, jobKind, job);
  draft.metadata.finalizers = [...new Set([...(draft.metadata.finalizers ?? []), trackingFinalizer])];
  return index === undefined ? draft : indexedDraft(job, draft, index, replaced);
}

function indexedDraft(job: batch.Job, draft: Draft<core.Pod>, index: number, replaced: core.Pod | undefined): Draft<core.Pod> {
  const { name } = job.metadata;
  const suffix = `-${index}-`;
  const { metadata, spec } = draft;
  metadata.generateName = `${name.slice(0, longest - suffix.length)}${suffix}`;
  metadata.labels = { ...metadata.labels, [indexKey]: String(index) };
  metadata.annotations = { ...metadata.annotations, [indexKey]: String(index) };
  if (job.spec.backoffLimitPerIndex !== undefined) {
    const { failures, ignored } = nextFailureCounts(job, replaced);
    metadata.annotations[failureCountKey] = String(failures);
    if (ignored > 0) metadata.annotations[ignoredFailureCountKey] = String(ignored);
  }
  spec.hostname = `${name}-${index}`;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    if (container.env?.some((it) => it.name === 'JOB_COMPLETION_INDEX')) continue;
    const fieldPath = `metadata.labels['${indexKey}']`;
    container.env = [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } }];
  }
  return draft;
}
