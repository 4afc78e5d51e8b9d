import colors from 'picocolors';
import { lastSeen, tellerOf, timesSeen } from './events.ts';
import type { Explanation, NamedFinding } from './explain.ts';
import type { Advice } from './finding.ts';
import { ago, capital, oneLine, plural } from './words.ts';

export type Told = { explanation: Explanation; now: number; log: readonly string[] | undefined };

/** More than these are not read. */
const mostEvents = 8;
const mostOthers = 5;

/** The explanation as lines: the cause, the chain down to it, what was seen, the last words, what to try. */
export function printExplanation({ explanation, now, log }: Told, coloured: boolean): string[] {
  const { red, green, yellow, bold, dim, cyan } = colors.createColors(coloured);
  const { findings, state, chain } = explanation;
  const [first, ...others] = findings;
  const wide = Math.max(0, ...chain.map(({ what }) => what.length));
  const links = chain.map(({ what, says }, i) => `  ${'  '.repeat(0)}${i === 0 ? ' ' : '└'} ${what.padEnd(wide)}  ${dim(says.join('; '))}`);
  if (!first) {
    const says = state.is === 'wrong' ? '' : state.says;
    return [`${state.is === 'coming' ? yellow('…') : green('✓')} Nothing is wrong: ${says}.`, '', bold('The chain'), ...links];
  }
  const same = others.filter((it) => it.cause === first.cause);
  const different = others.filter((it) => it.cause !== first.cause);
  return [
    `${red('✗')} ${bold(capital(first.says))}${same.length > 0 ? ` (and ${same.length} more like it)` : ''}`,
    ...(first.notes ?? []).map((it) => `  ${it}`),
    ...['', bold('How it came about'), ...links],
    ...eventLines(first, now).map((it) => dim(it)),
    ...(log ? ['', bold(logTitle(first)), ...(log.length > 0 ? log.map((it) => `  | ${it}`) : ['  (nothing)'])] : []),
    ...(different.length > 0
      ? [
          '',
          bold('Also'),
          ...unique(different.map((it) => it.says))
            .slice(0, mostOthers)
            .map((it) => `  - ${it}`),
        ]
      : []),
    ...((first.advice ?? []).length > 0 ? ['', bold('What to try'), ...(first.advice ?? []).map((it) => adviceLine(it, cyan, dim))] : []),
  ];
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

const adviceLine = ({ command, to }: Advice, paint: (text: string) => string, faint: (text: string) => string): string =>
  `  ${paint(command)}  ${faint(`# ${to}`)}`;

function eventLines({ evidence = [] }: NamedFinding, now: number): string[] {
  const shown = evidence.slice(-mostEvents);
  const when = shown.map((it) => ago(now, lastSeen(it)));
  const wide = Math.max(0, ...when.map((it) => it.length));
  const from = Math.max(0, ...shown.map((it) => tellerOf(it).length));
  return shown.map((it, i) => {
    const times = timesSeen(it);
    return `    ${(when[i] ?? '').padEnd(wide)}  ${tellerOf(it).padEnd(from)}  ${it.reason}: ${oneLine(it.message ?? '', 240)}${times > 1 ? ` (${plural(times, 'time')})` : ''}`;
  });
}

const logTitle = ({ log }: NamedFinding): string =>
  `The last lines of container ${log?.container ?? ''}${log?.previous ? ', of the run before' : ''}`;
