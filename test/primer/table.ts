import type { Cell, Column } from './follow.ts';
import type { Section } from './step.ts';

const marks: Readonly<Record<Cell['came'], string>> = {
  'as shown': 'ok',
  wrong: 'WRONG',
  'no such verb': 'GAP',
  'too old': '-',
  'no terminal': 'SKIP',
};

/** Command × client, as text. */
export function tableOf(columns: ReadonlyMap<string, Column>, sections: readonly Section[]): string {
  const width = 100;
  const cut = (text: string): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);
  const lines = [cut('') + [...columns.keys()].map((it) => it.padStart(7)).join('')];
  for (const { title, steps } of sections) {
    lines.push('', `# ${title}`);
    for (const step of steps) {
      const named = 'ask' in step ? `(asked) ${step.ask}` : `${step.besides ? '+ ' : ''}${step.line.replaceAll('\n', ' ')}`;
      const cells = [...columns.values()].map((column) => marks[column.get(step)?.came ?? 'wrong'].padStart(7));
      lines.push(cut(named) + cells.join(''));
    }
  }
  return [...lines, '', '+ is not in the primer; GAP: peapod lacks the verb; -: that kubectl does not have it yet'].join('\n');
}

/** Each cell of some kind, by its line and client. */
export function cellsThat(came: Cell['came'], columns: ReadonlyMap<string, Column>): string[] {
  return [...columns].flatMap(([name, column]) =>
    [...column].flatMap(([step, cell]) =>
      cell.came === came
        ? [`${name}: ${'ask' in step ? step.ask : step.line}${cell.came === 'wrong' ? `\n${cell.why.trimEnd()}` : ''}`]
        : [],
    ),
  );
}
