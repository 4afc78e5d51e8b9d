import type { apps, core } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import { canonical, sameTemplate } from '../template.ts';

type Revision = apps.ControllerRevision;

/**
 * What a revision keeps: a patch that puts the template back. `kubectl rollout undo` sends it as it is, and compares it
 * as text with what Go makes of the object: hence the keys in order.
 */
export const dataOf = (template: core.PodTemplateSpec): Record<string, unknown> =>
  JSON.parse(canonical({ spec: { template: { ...template, $patch: 'replace' } } }));

/** The template a revision keeps; undefined when it was made by somebody else, for something else. */
export function templateOf({ data }: Revision): core.PodTemplateSpec | undefined {
  const { spec } = (data ?? {}) as { spec?: { template?: core.PodTemplateSpec & { $patch?: string } } };
  if (!spec?.template) return undefined;
  const { $patch: _, ...template } = spec.template;
  return template;
}

const numberOf = (it: Revision): number => it.revision ?? 0;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Oldest first. */
export const byRevision = (a: Revision, b: Revision): number =>
  numberOf(a) - numberOf(b) ||
  compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
  compare(a.metadata.name, b.metadata.name);

export type RevisionPlan = {
  /** The one with the template; undefined when it is to be made. */
  found: Revision | undefined;
  /** The number it is to have: one that served before and does so again is the newest again. */
  number: number;
};

/** Upstream: getStatefulSetRevisions, and constructHistory of the DaemonSet controller, which come to the same. */
export function planRevision(template: core.PodTemplateSpec, revisions: readonly Revision[]): RevisionPlan {
  const staying = revisions.filter((it) => !isDeleting(it));
  const found = revisionsOf(template, staying).sort(byRevision).at(-1);
  const others = revisions.filter((it) => it !== found);
  const next = Math.max(0, ...others.map(numberOf)) + 1;
  return { found, number: found ? Math.max(numberOf(found), next) : next };
}

/** Those that keep the template, whoever made them. */
export const revisionsOf = (template: core.PodTemplateSpec, revisions: readonly Revision[]): Revision[] =>
  revisions.filter((it) => {
    const kept = templateOf(it);
    return kept !== undefined && sameTemplate(kept, template);
  });

/** Revisions beyond the limit, oldest first; those in `live` are in use, and do not count. */
export function planTruncation(revisions: readonly Revision[], live: ReadonlySet<string>, limit: number): Revision[] {
  const past = revisions.filter((it) => !live.has(it.metadata.name)).sort(byRevision);
  return past.slice(0, Math.max(0, past.length - Math.max(0, limit))).filter((it) => !isDeleting(it));
}
