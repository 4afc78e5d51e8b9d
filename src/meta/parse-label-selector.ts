import { labelValue, qualifiedName } from './names.ts';
import type { Requirement } from './selector.ts';
import { badRequest } from './status-error.ts';

/** A symbol, a word, or the empty text at the end. */
type Token = { text: string; is: 'symbol' | 'word' | 'end' };

const form = /\s*(?:(!=|==|[=!(),<>])|([^\s=!(),<>]+))/gy;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [...text.trimEnd().matchAll(form)].map(([, symbol, word = '']) =>
    symbol === undefined ? { text: word, is: 'word' } : { text: symbol, is: 'symbol' },
  );
  return [...tokens, { text: '', is: 'end' }];
}

const operators: Readonly<Record<string, Requirement['operator']>> = {
  in: 'in',
  notin: 'notin',
  '=': 'in',
  '==': 'in',
  '!=': 'notin',
  '>': 'gt',
  '<': 'lt',
};
const operatorNames = 'in, notin, =, ==, !=, gt, lt';

/** What is wrong with one requirement; upstream says so in front of it. */
class Unparsable extends Error {}

/**
 * Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Fails with BadRequest in the words of apimachinery's parser (labels,
 * selector.go), which kubectl uses too. Words that are operators may be values: `a in (in)`.
 */
export function parseLabelSelector(text: string): Requirement[] {
  const tokens = tokensOf(text);
  let at = 0;
  const peek = (): Token => tokens[at] as Token;
  const take = (): Token => tokens[at < tokens.length - 1 ? at++ : at] as Token;
  const sees = (symbol: string): boolean => peek().is === 'symbol' && peek().text === symbol;
  const unparsable = (token: Token, wanted: string): never => {
    throw new Unparsable(`found '${token.text}', expected: ${wanted}`);
  };
  const refuse = (token: Token, wanted: string): never => {
    throw badRequest(`found '${token.text}', expected: ${wanted}`);
  };

  function key(): string {
    const token = take();
    if (token.is !== 'word') return unparsable(token, 'identifier');
    const faults = qualifiedName(token.text);
    if (faults.length > 0) throw new Unparsable(`<nil>: Invalid value: ${JSON.stringify(token.text)}: ${faults.join('; ')}`);
    return token.text;
  }

  /** `(a,b)`; a place between two commas is the empty value. */
  function values(): string[] {
    const open = take();
    if (open.is !== 'symbol' || open.text !== '(') throw new Unparsable(`found '${open.text}' expected: '('`);
    const found = new Set<string>();
    const first = peek();
    if (first.is !== 'word' && !sees(',') && !sees(')')) unparsable(first, "',', ')' or identifier");
    for (;;) {
      if (peek().is === 'word') found.add(take().text);
      else if (sees(',') || sees(')')) found.add('');
      else unparsable(peek(), "',', or identifier");
      const next = take();
      if (next.is === 'symbol' && next.text === ')') return [...found].sort();
      if (next.is !== 'symbol' || next.text !== ',') unparsable(next, "',' or ')'");
    }
  }

  function value(): string {
    if (peek().is === 'end' || sees(',')) return '';
    const token = take();
    return token.is === 'word' ? token.text : unparsable(token, 'identifier');
  }

  function requirement(): Requirement {
    if (sees('!')) {
      take();
      return { key: key(), operator: 'absent', values: [] };
    }
    const name = key();
    if (peek().is === 'end' || sees(',')) return { key: name, operator: 'exists', values: [] };
    const sign = take();
    const operator = Object.hasOwn(operators, sign.text) ? operators[sign.text] : undefined;
    if (!operator) return unparsable(sign, operatorNames);
    const found = sign.is === 'word' ? values() : [value()];
    check(name, operator, found);
    return { key: name, operator, values: found };
  }

  const requirements: Requirement[] = [];
  while (peek().is !== 'end') {
    if (peek().is !== 'word' && !sees('!')) refuse(peek(), "!, identifier, or 'end of string'");
    try {
      requirements.push(requirement());
    } catch (error) {
      if (error instanceof Unparsable) throw badRequest(`unable to parse requirement: ${error.message}`);
      throw error;
    }
    const next = take();
    if (next.is === 'end') break;
    if (next.is !== 'symbol' || next.text !== ',') refuse(next, "',' or 'end of string'");
    if (peek().is !== 'word' && !sees('!')) refuse(peek(), "identifier after ','");
  }
  return requirements;
}

function check(key: string, operator: Requirement['operator'], values: readonly string[]): void {
  const faults = values.flatMap((value, i) => [
    ...(['gt', 'lt'].includes(operator) && !/^[+-]?\d+$/.test(value)
      ? [`values[${i}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`]
      : []),
    ...(labelValue(value).length > 0
      ? [`values[${i}][${key}]: Invalid value: ${JSON.stringify(value)}: ${labelValue(value).join('; ')}`]
      : []),
  ]);
  // Several faults are printed as a list, by upstream's aggregate.
  if (faults.length > 0) throw new Unparsable(faults.length === 1 ? (faults[0] as string) : `[${faults.join(', ')}]`);
}
