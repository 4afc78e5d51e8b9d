import type { ListMeta, Status, StatusCause, StatusDetails } from './types.ts';

/** Reason to HTTP code, as in apimachinery's metav1.StatusReason. */
const codes = {
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Invalid: 422,
  ServerTimeout: 500,
  Timeout: 504,
  TooManyRequests: 429,
  BadRequest: 400,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  InternalError: 500,
  Expired: 410,
  ServiceUnavailable: 503,
  NotImplemented: 501,
} as const;

export type Reason = keyof typeof codes;

/** An error the API answers with: it becomes a `Status` object with a code, a reason and causes. */
export class StatusError extends Error {
  readonly reason: Reason;
  readonly details: StatusDetails | undefined;
  readonly code: number;
  /** An expired list says how to go on. */
  readonly metadata: ListMeta | undefined;

  constructor(
    reason: Reason,
    message: string,
    options: { details?: StatusDetails; cause?: unknown; code?: number; metadata?: ListMeta } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'StatusError';
    this.reason = reason;
    this.details = options.details;
    this.code = options.code ?? codes[reason];
    this.metadata = options.metadata;
  }

  /** The Status object a client receives. */
  toStatus(): Status & { apiVersion: 'v1'; kind: 'Status' } {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.metadata ?? {},
      status: 'Failure',
      message: this.message,
      // 501 has no reason of its own upstream: the code alone tells.
      ...(this.reason !== 'NotImplemented' && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

export const isReason = (error: unknown, ...reasons: Reason[]): error is StatusError =>
  error instanceof StatusError && reasons.includes(error.reason);

/** The server has said no: what was asked for is not done. After any other failure it may be done, and the answer lost. */
export const isRefusal = (error: unknown): error is StatusError => error instanceof StatusError && error.code < 500;

type Named = { group: string; plural: string };
const qualified = (kind: Named): string => (kind.group ? `${kind.plural}.${kind.group}` : kind.plural);

/** `pods "web" not found`, as every Kubernetes client expects it. */
export const notFound = (kind: Named, name: string): StatusError =>
  new StatusError('NotFound', `${qualified(kind)} "${name}" not found`, {
    details: { name, ...(kind.group && { group: kind.group }), kind: kind.plural },
  });

export const alreadyExists = (kind: Named, name: string): StatusError =>
  new StatusError('AlreadyExists', `${qualified(kind)} "${name}" already exists`, {
    details: { name, ...(kind.group && { group: kind.group }), kind: kind.plural },
  });

export const conflict = (kind: Named, name: string, why: string): StatusError =>
  new StatusError('Conflict', `Operation cannot be fulfilled on ${qualified(kind)} "${name}": ${why}`, {
    details: { name, ...(kind.group && { group: kind.group }), kind: kind.plural },
  });

/** `causes` are rendered field errors; the message lists them as upstream does. */
export function invalid(kind: { group: string; kind: string }, name: string, causes: StatusCause[]): StatusError {
  const qualifiedKind = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  const lines = [...new Set(causes.map((it) => (it.field ? `${it.field}: ${it.message}` : (it.message ?? ''))))];
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  return new StatusError('Invalid', `${qualifiedKind} "${name}" is invalid: ${text}`, {
    details: { name, ...(kind.group && { group: kind.group }), kind: kind.kind, causes },
  });
}

export const badRequest = (message: string, cause?: unknown): StatusError => new StatusError('BadRequest', message, { cause });
