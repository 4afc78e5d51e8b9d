/**
 * YAML as kubectl writes it (sigs.k8s.io/yaml over go-yaml v2): keys sorted, lists not indented under their key, quotes
 * only where they are needed, long texts folded at 80 columns.
 */
export function goYaml(value: unknown): string {
  const written = block(plainOf(value), 0, 0);
  return `${written.startsWith('\n') ? written.slice(1) : written}\n`;
}

const bestWidth = 80;

/** As JSON would keep it: nothing that is undefined. */
const plainOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

type Mapping = { [key: string]: unknown };
const isMapping = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What follows `key:` or `-`: on the same line after a space, or from the next line on. */
function block(value: unknown, indent: number, column: number): string {
  const pad = ' '.repeat(indent);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return value.map((it) => `\n${pad}-${item(it, indent)}`).join('');
  }
  if (isMapping(value)) {
    const keys = sortedKeys(value);
    if (keys.length === 0) return '{}';
    return keys.map((key) => `\n${pad}${field(key, value[key], indent)}`).join('');
  }
  return scalar(value, indent, column);
}

function field(key: string, value: unknown, indent: number): string {
  const name = keyText(key);
  const start = `${name}:`;
  const inner = Array.isArray(value) ? indent : indent + 2;
  const written = block(value, inner, indent + start.length + 1);
  return written.startsWith('\n') ? start + written : `${start} ${written}`;
}

function item(value: unknown, indent: number): string {
  if (Array.isArray(value) && value.length > 0) return ` ${block(value, indent + 2, 0).slice(1 + indent + 2)}`;
  if (isMapping(value) && Object.keys(value).length > 0) return ` ${block(value, indent + 2, 0).slice(1 + indent + 2)}`;
  return ` ${block(value, indent + 2, indent + 2)}`;
}

/** go-yaml's order: digits as numbers, letters after all else. */
const sortedKeys = (value: Mapping): string[] => Object.keys(value).sort(compareKeys);

function compareKeys(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  const isLetter = (it: string): boolean => /\p{L}/u.test(it);
  const isDigit = (it: string | undefined): boolean => it !== undefined && /\d/.test(it);
  for (let i = 0; i < x.length && i < y.length; i++) {
    const [p, q] = [x[i] as string, y[i] as string];
    if (p === q) continue;
    if (isLetter(p) && isLetter(q)) return p < q ? -1 : 1;
    if (isLetter(p) || isLetter(q)) return isLetter(p) ? 1 : -1;
    const [m, n] = [numberAt(x, i, isDigit), numberAt(y, i, isDigit)];
    if (m !== n && isDigit(p) && isDigit(q)) return m - n;
    return p < q ? -1 : 1;
  }
  return x.length - y.length;
}

function numberAt(letters: readonly string[], from: number, isDigit: (it: string | undefined) => boolean): number {
  let end = from;
  while (isDigit(letters[end])) end++;
  return Number(letters.slice(from, end).join('') || '0');
}

function keyText(key: string): string {
  if (key.includes('\n')) return doubleQuoted(key, 0, 0, false);
  return canBePlain(key)
    ? key
    : needsDouble(key)
      ? doubleQuoted(key, 0, 0, false)
      : resolvesElsewhere(key)
        ? doubleQuoted(key, 0, 0, false)
        : singleQuoted(key, 0, 0, false);
}

function scalar(value: unknown, indent: number, column: number): string {
  if (value === null) return 'null';
  if (typeof value !== 'string') return String(value);
  if (needsDouble(value)) return doubleQuoted(value, indent, column, true);
  if (value.includes('\n')) return canBeLiteral(value) ? literal(value, indent) : doubleQuoted(value, indent, column, true);
  if (resolvesElsewhere(value)) return doubleQuoted(value, indent, column, true);
  if (canBePlain(value)) return folded(value, indent, column);
  if (/^ | $/.test(value) && value.trim() === '') return singleQuoted(value, indent, column, true);
  return singleQuoted(value, indent, column, true);
}

const words =
  /^(?:|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|<<|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const numbers =
  /^(?:[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)|[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?)$/;
const sixties = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const times = /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ \t]+)\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d{1,2}(?::?\d{2})?))?)?$/;

/** It would be read as something other than a text. */
const resolvesElsewhere = (text: string): boolean => words.test(text) || numbers.test(text) || sixties.test(text) || times.test(text);

/** Characters that only an escape can say. */
const needsDouble = (text: string): boolean => [...text].some(isOdd) || /^\t|\t$/.test(text);

function isOdd(letter: string): boolean {
  const code = letter.codePointAt(0) ?? 0;
  return (
    (code < 0x20 && code !== 9 && code !== 10) || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029 || code === 0xfeff
  );
}

function canBePlain(text: string): boolean {
  if (text === '' || resolvesElsewhere(text) || /^[ \n]|[ \n]$/.test(text)) return false;
  if (/^(?:---|\.\.\.)/.test(text)) return false;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text)) return false;
  if (/^[-?:](?:\s|$)/.test(text)) return false;
  return !/:(?:\s|$)|\s#/.test(text);
}

const canBeLiteral = (text: string): boolean => !/ \n|^[ \n]*$|[ ]$/.test(text) || !/ \n| $/.test(text);

function literal(text: string, indent: number): string {
  const pad = ' '.repeat(Math.max(indent, 2));
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  return `|${hint}${chomp}${body
    .split('\n')
    .map((line) => (line === '' ? '\n' : `\n${pad}${line}`))
    .join('')}`;
}

/** Breaks at single blanks beyond the best width. */
function folded(text: string, indent: number, column: number, first = 0, last = text.length): string {
  let at = column;
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const letter = text[i] as string;
    const isLone = letter === ' ' && text[i - 1] !== ' ' && text[i + 1] !== ' ';
    if (isLone && at > bestWidth && i > first && i < last - 1) {
      out += `\n${' '.repeat(indent)}`;
      at = indent;
      continue;
    }
    out += letter;
    at++;
  }
  return out;
}

function singleQuoted(text: string, indent: number, column: number, mayFold: boolean): string {
  const inner = mayFold ? folded(text, indent, column + 1) : text;
  return `'${inner.replace(/'/g, "''")}'`;
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
  '\ufeff': '\\uFEFF',
};

function doubleQuoted(text: string, indent: number, column: number, mayFold: boolean): string {
  let at = column + 1;
  let out = '"';
  let afterBlank = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i] as string;
    if (mayFold && letter === ' ' && !afterBlank && at > bestWidth && i > 0 && i < text.length - 1) {
      out += `\n${' '.repeat(indent)}`;
      at = indent;
      if (text[i + 1] === ' ') {
        out += '\\';
        at++;
      }
      afterBlank = true;
      continue;
    }
    const code = letter.charCodeAt(0);
    const isOdd = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const written = escapes[letter] ?? (isOdd ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}` : letter);
    out += written;
    at += written.length;
    afterBlank = letter === ' ';
  }
  return `${out}"`;
}
