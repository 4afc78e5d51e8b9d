import colors from 'picocolors';
import type { Branch } from './branch.ts';

const marks = { ok: '✓', bad: '✗', busy: '…' } as const;

/**
 * The tree as lines of at most `columns` characters, with colour if a person looks. Of branches that are well, what is
 * deeper than `depthWhenWell` is left out.
 */
export function drawTree(tree: readonly Branch[], columns: number, coloured: boolean, depthWhenWell = 9): string[] {
  const { green, red, yellow, bold } = colors.createColors(coloured);
  const paint = { ok: green, bad: red, busy: yellow };
  const draw = (branch: Branch, depth: number): string[] => {
    const indent = '  '.repeat(depth);
    const room = columns - indent.length - 2;
    const title = branch.title.slice(0, room);
    const state = branch.state.split('\n')[0]?.slice(0, Math.max(0, room - title.length - 2)) ?? '';
    const head = depth === 0 ? bold(title) : title;
    const line = `${indent}${paint[branch.mood](marks[branch.mood])} ${head}${state ? `  ${paint[branch.mood](state)}` : ''}`;
    const shown = branch.mood === 'ok' && depth >= depthWhenWell ? [] : branch.children;
    return [line, ...shown.flatMap((it) => draw(it, depth + 1))];
  };
  return tree.flatMap((it) => draw(it, 0));
}

/** As much of the tree as goes into `rows` lines: what is well is folded first, then the end is cut off. */
export function drawWithin(tree: readonly Branch[], size: { columns: number; rows: number }, coloured: boolean): string[] {
  for (const depth of [9, 4, 3, 2, 1, 0]) {
    const lines = drawTree(tree, size.columns, coloured, depth);
    if (lines.length <= size.rows) return lines;
    if (depth === 0) return [...lines.slice(0, size.rows - 1), `(${lines.length - size.rows + 1} more lines)`];
  }
  return [];
}

/**
 * Each branch as one line, by its path: what is told when there is no terminal to draw on. Of containers those that are
 * not well: the rest shows on their pod.
 */
export function linesOf(tree: readonly Branch[], path: readonly string[] = []): Map<string, string> {
  const lines = new Map<string, string>();
  for (const { title, state, mood, children } of tree) {
    const here = [...path, title];
    const isDetail = path.some((it) => it.startsWith('pod/')) && mood !== 'bad';
    if (state && !isDetail) lines.set(here.join(' '), `${marks[mood]} ${here.join(' ')}  ${state}`);
    for (const [key, line] of linesOf(children, here)) lines.set(key, line);
  }
  return lines;
}
