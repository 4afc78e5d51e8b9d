import type { ListenFault } from '../traffic.ts';

const reasons: Record<string, ListenFault['reason']> = { EADDRINUSE: 'taken', EADDRNOTAVAIL: 'no address', EACCES: 'not allowed' };

/** What the operating system's answer to a listen means. */
export const faultOf = (error: NodeJS.ErrnoException): ListenFault => ({
  reason: reasons[error.code ?? ''] ?? 'other',
  message: error.message,
});
