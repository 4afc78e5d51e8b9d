/**
 * Why no node was found, as kube-scheduler says it: one reason for all nodes, or the reasons of the nodes with how often
 * each was given, sorted as text.
 */
export function fitMessage(nodes: number, reasons: string | readonly string[]): string {
  const start = `0/${nodes} nodes are available:`;
  if (typeof reasons === 'string') return `${start} ${reasons}.`;
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return parts.length > 0 ? `${start} ${parts.join(', ')}.` : start;
}
