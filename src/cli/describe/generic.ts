import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { putAnnotations, putMap, Sheet } from './sheet.ts';

const shownAbove = ['.metadata.name', '.metadata.namespace', '.metadata.labels', '.metadata.annotations', '.metadata.managedFields'];

/** Any kind: all its fields, their names in words. */
export async function describeAny(object: AnyObject, lookup: Lookup): Promise<string> {
  const sheet = new Sheet();
  const { metadata } = object;
  sheet.put(0, `Name:\t${metadata.name}`);
  sheet.put(0, `Namespace:\t${metadata.namespace ?? ''}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  putFields(sheet, 0, object as unknown as Record<string, unknown>, '');
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function putFields(sheet: Sheet, level: number, fields: Fields, path: string): void {
  const keys = Object.keys(fields).sort((a, b) => (wordsOf(a) < wordsOf(b) ? -1 : 1));
  for (const key of keys) {
    const at = `${path}.${key}`;
    const value = fields[key];
    if (shownAbove.includes(at)) continue;
    if (isFields(value)) {
      sheet.put(level, `${wordsOf(key)}:`);
      putFields(sheet, level + 1, value, at);
    } else if (Array.isArray(value)) {
      sheet.put(level, `${wordsOf(key)}:`);
      for (const it of value) {
        if (isFields(it)) putFields(sheet, level + 1, it, at);
        else sheet.put(level + 1, String(it));
      }
    } else sheet.put(level, `${wordsOf(key)}:\t${String(value)}`);
  }
}

const initialisms = new Set(['API', 'URL', 'UID', 'OSB', 'GUID']);

/** `firstTimestamp` as `First Timestamp`. */
function wordsOf(field: string): string {
  const words: string[] = [];
  let word = '';
  for (const [i, letter] of [...field].entries()) {
    const isNew = /[A-Z]/.test(letter) && i > 0 && !/[A-Z]/.test(field[i - 1] ?? '');
    if (isNew) {
      words.push(word);
      word = '';
    }
    word += letter;
  }
  words.push(word);
  return words
    .filter((it) => it !== '')
    .map((it) => (initialisms.has(it.toUpperCase()) ? it.toUpperCase() : `${it[0]?.toUpperCase() ?? ''}${it.slice(1)}`))
    .join(' ');
}
