// Generated from meta/schema/facts.json by kinds/generate-types.ts (npm run update). Do not edit.

import type { GroupVersionKind, GroupVersionResource, Status } from '../../meta/types.ts';
import type * as authentication_v1 from './authentication-v1.ts';

export interface AdmissionRequest {
  uid?: string;
  kind?: GroupVersionKind;
  resource?: GroupVersionResource;
  subResource?: string;
  requestKind?: GroupVersionKind;
  requestResource?: GroupVersionResource;
  requestSubResource?: string;
  name?: string;
  namespace?: string;
  operation?: string;
  userInfo?: authentication_v1.UserInfo;
  object?: Record<string, unknown>;
  oldObject?: Record<string, unknown>;
  dryRun?: boolean;
  options?: Record<string, unknown>;
}

export interface AdmissionResponse {
  uid?: string;
  allowed?: boolean;
  status?: Status;
  patch?: string;
  patchType?: string;
  auditAnnotations?: { [key: string]: string };
  warnings?: string[];
}

export interface AdmissionReview {
  request?: AdmissionRequest;
  response?: AdmissionResponse;
}
