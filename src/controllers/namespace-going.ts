import { StatusError } from '../meta/status-error.ts';

/** In a namespace that goes away every creation fails, and that is nobody's fault. */
export const isNamespaceGoing = (error: unknown): boolean =>
  error instanceof StatusError && error.details?.causes?.some((it) => it.reason === 'NamespaceTerminating') === true;
