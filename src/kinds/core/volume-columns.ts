/** ReadWriteOnce as RWO, and so on: how kubectl shortens access modes. */
const short: ReadonlyMap<string, string> = new Map([
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]);

export const accessModesText = (modes: readonly string[] | undefined): string => (modes ?? []).map((it) => short.get(it) ?? it).join(',');
