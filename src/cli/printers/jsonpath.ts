import { CommandError } from '../command.ts';
import { goJson } from './json.ts';

/** client-go's dialect of JSONPath: text, {paths}, {range}…{end}, filters, slices and unions. */
export type Template = { text: string; nodes: readonly Node[] };

type Step =
  | { is: 'field'; name: string }
  | { is: 'wildcard' }
  | { is: 'recursive' }
  | { is: 'slice'; start?: number; end?: number; step: number; isIndex: boolean }
  | { is: 'union'; paths: Step[][] }
  | { is: 'filter'; left: Operand; operator: string; right?: Operand };
type Operand = { is: 'path'; steps: Step[] } | { is: 'value'; value: unknown };
type Node =
  | { is: 'text'; text: string }
  | { is: 'path'; steps: Step[] }
  | { is: 'value'; value: unknown }
  | { is: 'range'; steps: Step[]; inner: Node[] };

export function parseJsonPath(text: string): Template {
  const fault = (why: string): never => {
    throw new CommandError(`error parsing jsonpath ${text}, ${why}`);
  };
  const stack: Node[][] = [[]];
  const add = (node: Node): void => void stack[stack.length - 1]?.push(node);
  for (let at = 0; at < text.length; ) {
    if (text[at] !== '{') {
      const next = text.indexOf('{', at);
      add({ is: 'text', text: text.slice(at, next < 0 ? undefined : next) });
      at = next < 0 ? text.length : next;
      continue;
    }
    const end = endOfAction(text, at + 1);
    if (end < 0) return fault('unclosed action');
    const inside = text.slice(at + 1, end).trim();
    at = end + 1;
    if (inside === 'end') {
      if (stack.length === 1) return fault('not in range, nothing to end');
      stack.pop();
      continue;
    }
    for (const word of wordsIn(inside)) {
      if (word === 'range') {
        const node: Node = { is: 'range', steps: new Reader(inside.slice(5).trim(), fault).path(), inner: [] };
        add(node);
        stack.push(node.inner);
        break;
      }
      const quoted = /^(["'])(.*)\1$/s.exec(word);
      if (quoted) add({ is: 'value', value: unescaped(quoted[2] ?? '') });
      else if (/^[-+]?\d+(\.\d+)?$/.test(word)) add({ is: 'value', value: Number(word) });
      else add({ is: 'path', steps: new Reader(word, fault).path() });
    }
  }
  if (stack.length > 1) return fault('unclosed range');
  return { text, nodes: stack[0] ?? [] };
}

function endOfAction(text: string, from: number): number {
  let quote = '';
  for (let at = from; at < text.length; at++) {
    const letter = text[at] as string;
    if (quote) {
      if (letter === '\\') at++;
      else if (letter === quote) quote = '';
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '}') return at;
  }
  return -1;
}

/** Apart at blanks outside of quotes and brackets. */
function wordsIn(text: string): string[] {
  const found: string[] = [];
  let [word, quote, depth] = ['', '', 0];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] as string;
    if (quote) {
      word += letter;
      if (letter === '\\') word += text[++at] ?? '';
      else if (letter === quote) quote = '';
      continue;
    }
    if (letter === ' ' && depth === 0) {
      if (word) found.push(word);
      word = '';
      continue;
    }
    if (letter === '"' || letter === "'") quote = letter;
    if (letter === '[' || letter === '(') depth++;
    if (letter === ']' || letter === ')') depth--;
    word += letter;
  }
  return word ? [...found, word] : found;
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, letter: string) => ({ n: '\n', t: '\t', r: '\r' })[letter] ?? letter);

class Reader {
  readonly #text: string;
  readonly #fault: (why: string) => never;
  #at = 0;

  constructor(text: string, fault: (why: string) => never) {
    this.#text = text;
    this.#fault = fault;
  }

  path(): Step[] {
    const steps: Step[] = [];
    if (this.#text[0] === '@' || this.#text[0] === '$') this.#at = 1;
    while (this.#at < this.#text.length) {
      const rest = this.#text.slice(this.#at);
      if (rest.startsWith('..')) {
        steps.push({ is: 'recursive' });
        this.#at += 2;
        if (/^[^.[*]/.test(rest.slice(2))) steps.push({ is: 'field', name: this.#name() });
        else if (rest[2] === '*') {
          steps.push({ is: 'wildcard' });
          this.#at++;
        }
      } else if (rest.startsWith('.')) {
        this.#at++;
        if (this.#text[this.#at] === '*') {
          steps.push({ is: 'wildcard' });
          this.#at++;
        } else {
          const name = this.#name();
          if (name !== '') steps.push({ is: 'field', name });
        }
      } else if (rest.startsWith('[')) steps.push(this.#bracket());
      else if (this.#at === 0) steps.push({ is: 'field', name: this.#name() });
      else
        this.#fault(`unrecognized character in action: U+${rest.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')} '${rest[0]}'`);
    }
    return steps;
  }

  #name(): string {
    let name = '';
    for (; this.#at < this.#text.length; this.#at++) {
      const letter = this.#text[this.#at] as string;
      if (letter === '\\') name += this.#text[++this.#at] ?? '';
      else if (/[.[\]()\s{}]/.test(letter)) break;
      else name += letter;
    }
    return name;
  }

  #bracket(): Step {
    const start = this.#at + 1;
    let [depth, quote, end] = [1, '', start];
    for (; end < this.#text.length && depth > 0; end++) {
      const letter = this.#text[end] as string;
      if (quote) {
        if (letter === '\\') end++;
        else if (letter === quote) quote = '';
      } else if (letter === '"' || letter === "'") quote = letter;
      else if (letter === '[') depth++;
      else if (letter === ']') depth--;
    }
    if (depth > 0) this.#fault('unterminated array');
    const inside = this.#text.slice(start, end - 1).trim();
    this.#at = end;
    if (inside.startsWith('?(') && inside.endsWith(')')) return this.#filter(inside.slice(2, -1).trim());
    if (inside === '*') return { is: 'wildcard' };
    const parts = splitOutside(inside, ',');
    if (parts.length > 1) return { is: 'union', paths: parts.map((it) => new Reader(`[${it.trim()}]`, this.#fault).path()) };
    const quoted = /^(["'])(.*)\1$/s.exec(inside);
    if (quoted) return { is: 'field', name: (quoted[2] ?? '').replace(/\\(.)/g, '$1') };
    const slice = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(inside);
    if (!slice || inside === '') return this.#fault(`invalid array index ${inside}`);
    const [, from, to, by] = slice;
    const isIndex = to === undefined;
    return {
      is: 'slice',
      ...(from && { start: Number(from) }),
      ...(to && { end: Number(to) }),
      step: by ? Number(by) : 1,
      isIndex,
    };
  }

  #filter(text: string): Step {
    const found = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s.exec(text);
    if (!found) return { is: 'filter', left: this.#operand(text), operator: 'exists' };
    return { is: 'filter', left: this.#operand(found[1] ?? ''), operator: found[2] ?? '', right: this.#operand(found[3] ?? '') };
  }

  #operand(text: string): Operand {
    const quoted = /^(["'])(.*)\1$/s.exec(text);
    if (quoted) return { is: 'value', value: quoted[2] };
    if (/^[-+]?\d+(\.\d+)?$/.test(text)) return { is: 'value', value: Number(text) };
    if (text === 'true' || text === 'false') return { is: 'value', value: text === 'true' };
    return { is: 'path', steps: new Reader(text, this.#fault).path() };
  }
}

function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [''];
  let quote = '';
  for (const letter of text) {
    if (quote ? letter === quote : letter === '"' || letter === "'") quote = quote ? '' : letter;
    if (letter === separator && !quote) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts;
}

/** What one path finds; fails when a field is missing, unless `allowMissing`. */
export function findAll(template: Template, data: unknown, allowMissing = true): unknown[] {
  return template.nodes.flatMap((it) => (it.is === 'path' ? walk(it.steps, [data], data, allowMissing) : []));
}

/** The template filled in. */
export function renderJsonPath(template: Template, data: unknown, allowMissing = true): string {
  const render = (nodes: readonly Node[], current: unknown): string =>
    nodes
      .map((node) => {
        switch (node.is) {
          case 'text':
            return node.text;
          case 'value':
            return String(node.value);
          case 'range':
            return walk(node.steps, [current], data, allowMissing)
              .map((it) => render(node.inner, it))
              .join('');
          case 'path':
            return walk(node.steps, [current], data, allowMissing).map(shown).join(' ');
        }
        return '';
      })
      .join('');
  return render(template.nodes, data);
}

export const shown = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? goJson(value) : String(value);
};

function walk(steps: readonly Step[], from: readonly unknown[], root: unknown, allowMissing: boolean): unknown[] {
  let found = [...from];
  for (const [i, step] of steps.entries()) {
    if (step.is === 'recursive') {
      const rest = steps.slice(i + 1);
      return found.flatMap((it) => everyIn(it)).flatMap((it) => walk(rest, [it], root, true));
    }
    found = found.flatMap((it) => take(step, it, root, allowMissing));
  }
  return found;
}

function take(step: Exclude<Step, { is: 'recursive' }>, value: unknown, root: unknown, allowMissing: boolean): unknown[] {
  switch (step.is) {
    case 'field': {
      if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, step.name))
        return [(value as Record<string, unknown>)[step.name]];
      if (Array.isArray(value) && !allowMissing) throw new CommandError(`error executing jsonpath: ${step.name} is not found`);
      if (allowMissing) return [];
      throw new CommandError(`${step.name} is not found`);
    }
    case 'wildcard':
      return Array.isArray(value) ? value : typeof value === 'object' && value !== null ? Object.values(value) : [];
    case 'union':
      return step.paths.flatMap((it) => walk(it, [value], root, allowMissing));
    case 'slice':
      return Array.isArray(value) ? sliceOf(step, value, allowMissing) : [];
    case 'filter':
      return (Array.isArray(value) ? value : [value]).filter((it) => holds(step, it, root));
  }
}

function sliceOf(step: Extract<Step, { is: 'slice' }>, value: readonly unknown[], allowMissing: boolean): unknown[] {
  const count = value.length;
  const absolute = (it: number): number => (it < 0 ? it + count : it);
  if (step.isIndex) {
    const at = absolute(step.start ?? 0);
    if (at >= 0 && at < count) return [value[at]];
    if (allowMissing) return [];
    throw new CommandError(`array index out of bounds: index ${at}, length ${count}`);
  }
  const [from, to] = [Math.max(0, absolute(step.start ?? 0)), Math.min(count, absolute(step.end ?? count))];
  return value.slice(from, to).filter((_, i) => i % step.step === 0);
}

const everyIn = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(everyIn)] : [];

function holds(step: Extract<Step, { is: 'filter' }>, value: unknown, root: unknown): boolean {
  const left = operandOf(step.left, value, root);
  if (step.operator === 'exists') return left !== undefined && left !== null;
  const right = step.right && operandOf(step.right, value, root);
  if (left === undefined) return false;
  switch (step.operator) {
    case '==':
      return left === right || String(left) === String(right);
    case '!=':
      return String(left) !== String(right);
    case '<':
      return (left as number) < (right as number);
    case '>':
      return (left as number) > (right as number);
    case '<=':
      return (left as number) <= (right as number);
    default:
      return (left as number) >= (right as number);
  }
}

const operandOf = (operand: Operand, value: unknown, root: unknown): unknown =>
  operand.is === 'value' ? operand.value : walk(operand.steps, [value], root, true)[0];

/** As users write it for columns and sorting: braces and the leading dot may be missing. */
export function relaxedPath(text: string): Template {
  const found = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/s.exec(text);
  if (!found)
    throw new CommandError(`unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`);
  const inner = found[1] ?? found[2] ?? '';
  return parseJsonPath(`{${inner.startsWith('[') ? '' : '.'}${inner}}`);
}
