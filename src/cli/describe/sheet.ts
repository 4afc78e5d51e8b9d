import { aligned, describeLayout } from '../printers/index.ts';
import { humanDuration } from '../grammar/duration.ts';
import type { AnyObject } from '../resources/index.ts';

/** A description while it is written: lines with tabs between label and value, aligned in the end. */
export class Sheet {
  #text = '';
  #done = '';

  /** A line, two blanks for each level. */
  put(level: number, line: string): void {
    this.#text += `${'  '.repeat(level)}${line}\n`;
  }

  /** What was written so far is aligned by itself. */
  flush(): void {
    this.#done += aligned(this.#text, describeLayout);
    this.#text = '';
  }

  /** With its tabs, as `rollout history` shows it. */
  unaligned(): string {
    return this.#text;
  }

  toString(): string {
    this.flush();
    return this.#done;
  }
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => String(n).padStart(2, '0');

/** RFC 1123 with the zone as a number, in local time. */
export function longTime(time: string | undefined): string {
  if (!time) return '<unset>';
  const at = new Date(time);
  const offset = -at.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const day = `${days[at.getDay()]}, ${two(at.getDate())} ${months[at.getMonth()]} ${at.getFullYear()}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${zone}`;
}

export const since = (time: string | undefined, now: number): string => (time ? humanDuration(now - Date.parse(time)) : '<unknown>');

type Texts = Readonly<Record<string, string>> | undefined;

const entriesOf = (map: Texts): Array<[string, string]> => Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

/** All on one line: `a=1,b=2`. */
export const labelsText = (map: Texts): string =>
  entriesOf(map)
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || '<none>';

/** `ReplicaSet/web-5d9`; undefined for what nobody controls. */
export function controllerOf({ metadata }: AnyObject): string | undefined {
  const owner = metadata.ownerReferences?.find((it) => it.controller);
  return owner && `${owner.kind}/${owner.name}`;
}

/** `Labels:` with one on each line. */
export function putMap(sheet: Sheet, level: number, title: string, map: Texts, separator = '='): void {
  const entries = entriesOf(map);
  if (entries.length === 0) sheet.put(level, `${title}:\t<none>`);
  for (const [i, [key, value]] of entries.entries()) sheet.put(level, `${i === 0 ? `${title}:` : ''}\t${key}${separator}${value}`);
}

const hidden = 'kubectl.kubernetes.io/last-applied-configuration';
const widest = 140;

/** Long or many-lined values begin on a line of their own. */
export function putAnnotations(sheet: Sheet, level: number, map: Texts, title = 'Annotations'): void {
  const entries = entriesOf(map).filter(([key]) => key !== hidden);
  if (entries.length === 0) sheet.put(level, `${title}:\t<none>`);
  for (const [i, [key, given]] of entries.entries()) {
    const start = i === 0 ? `${title}:` : '';
    const value = given.replace(/\n$/, '');
    if (value.length + key.length + 2 < widest && !value.includes('\n')) {
      sheet.put(level, `${start}\t${key}: ${value}`);
      continue;
    }
    sheet.put(level, `${start}\t${key}:`);
    for (const line of value.split('\n')) sheet.put(level, `\t  ${line.length > widest - 2 ? `${line.slice(0, widest - 2)}...` : line}`);
  }
}
