/**
 * Reads `nft monitor`: calls `onForeign` when a process that is not ours has changed a table. The lines of one change come
 * before the line that says who made it: `# new generation 12 by process 4711 (nft)`.
 */
export function foreignChanges(
  isOurs: (pid: number) => boolean,
  onForeign: (lines: readonly string[]) => void,
  mentions: (line: string) => boolean,
) {
  let lines: string[] = [];
  return (line: string): void => {
    const by = /^# new generation \d+ by process (\d+)/.exec(line);
    if (!by) {
      if (mentions(line)) lines.push(line);
      return;
    }
    const told = lines;
    lines = [];
    if (told.length > 0 && !isOurs(Number(by[1]))) onForeign(told);
  };
}
