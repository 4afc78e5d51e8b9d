import type { KubeObject } from '../../meta/types.ts';
import { type AnyKind, defineKind, type KindRecord } from '../define.ts';

/** Questions to the server: they are created, answered in their status, and never stored. */
const review = (group: string, kind: string, namespaced = false): AnyKind => {
  const plural = `${kind.toLowerCase()}s`;
  const record: KindRecord<KubeObject> = { group, version: 'v1', kind, plural, namespaced, status: false, verbs: ['create'] };
  return defineKind(record);
};

export const selfSubjectAccessReview = review('authorization.k8s.io', 'SelfSubjectAccessReview');
export const selfSubjectRulesReview = review('authorization.k8s.io', 'SelfSubjectRulesReview');
export const subjectAccessReview = review('authorization.k8s.io', 'SubjectAccessReview');
export const localSubjectAccessReview = review('authorization.k8s.io', 'LocalSubjectAccessReview', true);
export const selfSubjectReview = review('authentication.k8s.io', 'SelfSubjectReview');
export const tokenReview = review('authentication.k8s.io', 'TokenReview');

export const reviews: readonly AnyKind[] = [
  selfSubjectReview,
  tokenReview,
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
];
