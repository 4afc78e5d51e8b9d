const words: Record<string, string> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
  ECONNRESET: 'connection reset by peer',
};

/** How Go words a connection that failed: what readers of events know. */
export function dialFault(error: NodeJS.ErrnoException, address: string, port: number): string {
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return `dial tcp: lookup ${address}: no such host`;
  if (error.code === 'ECONNRESET') return `read tcp ${address}:${port}: read: connection reset by peer`;
  return `dial tcp ${address}:${port}: ${words[error.code ?? ''] ?? error.message}`;
}
