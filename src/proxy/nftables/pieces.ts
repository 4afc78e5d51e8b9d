/**
 * Something wanted in our table of the kernel. Pieces of one id are one piece; what a set or a map is never changes: its
 * name says it.
 */
export type Piece =
  | { type: 'element'; of: string; key: string; value?: string }
  | { type: 'set' | 'map'; name: string; spec: string }
  | { type: 'chain'; name: string; rules: readonly string[] };

export const idOf = (it: Piece): string => (it.type === 'element' ? `${it.of} ${it.key}` : `${it.type} ${it.name}`);

export function isSame(a: Piece, b: Piece): boolean {
  if (a.type === 'chain' && b.type === 'chain') return a.rules.length === b.rules.length && a.rules.every((it, i) => it === b.rules[i]);
  return a.type !== 'element' || b.type !== 'element' || a.value === b.value;
}

/** What was there, and what is to be; neither is a piece that came and went before it was told. */
export type Change = { before: Piece | undefined; after: Piece | undefined };

type Element = Extract<Piece, { type: 'element' }>;

/**
 * What `nft -f` is to do, as one transaction: the kernel takes all of it or nothing, and packets see one state or the
 * other. In an order in which nothing refers to what is not there.
 */
export function batchOf(table: string, changes: readonly Change[]): string {
  const [declared, emptied, taken, ruled, put, dropped]: string[][] = [[], [], [], [], [], []];
  const [less, more] = [new Map<string, string[]>(), new Map<string, string[]>()];
  for (const { before, after } of changes) {
    if (before && after && isSame(before, after)) continue;
    if (before) {
      if (before.type === 'element') gather(less, before.of, before.key);
      else if (before.type === 'chain') emptied?.push(`flush chain ip ${table} ${before.name}`);
      if (before.type !== 'element' && !after) {
        // Chains first: their rules may refer to sets.
        if (before.type === 'chain') dropped?.unshift(`delete chain ip ${table} ${before.name}`);
        else dropped?.push(`delete ${before.type} ip ${table} ${before.name}`);
      }
    }
    if (after) {
      if (after.type === 'element') gather(more, after.of, text(after));
      else if (after.type === 'chain') {
        declared?.push(`add chain ip ${table} ${after.name}`);
        for (const rule of after.rules) ruled?.push(`add rule ip ${table} ${after.name} ${rule}`);
      } else declared?.push(`add ${after.type} ip ${table} ${after.name} { ${after.spec} }`);
    }
  }
  for (const [of, keys] of less) taken?.push(`delete element ip ${table} ${of} { ${keys.join(', ')} }`);
  for (const [of, all] of more) put?.push(`add element ip ${table} ${of} { ${all.join(', ')} }`);
  return [declared, emptied, taken, ruled, put, dropped].flatMap((it) => it ?? []).join('\n');
}

const text = ({ key, value }: Element): string => (value === undefined ? key : `${key} : ${value}`);

function gather(into: Map<string, string[]>, of: string, it: string): void {
  const known = into.get(of);
  if (known) known.push(it);
  else into.set(of, [it]);
}
