import { expect, test } from 'vitest';
import { parseLabelSelector } from './parse-label-selector.ts';

// What apimachinery 0.33 says to the same texts.
const refused: Array<[text: string, message: string]> = [
  ['a=b=c', "found '=', expected: ',' or 'end of string'"],
  ['=', "found '=', expected: !, identifier, or 'end of string'"],
  ['a,', "found '', expected: identifier after ','"],
  ['a,,b', "found ',', expected: identifier after ','"],
  ['a in (b))', "found ')', expected: ',' or 'end of string'"],
  ['a in 1', "unable to parse requirement: found '1' expected: '('"],
  ['a in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
  ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['a in (b c)', "unable to parse requirement: found 'c', expected: ',' or ')'"],
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['a=<', "unable to parse requirement: found '<', expected: identifier"],
  ['!', "unable to parse requirement: found '', expected: identifier"],
  ['!!a', "unable to parse requirement: found '!', expected: identifier"],
  ['!a=b', "found '=', expected: ',' or 'end of string'"],
  ['a>x', "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"],
];
for (const [text, message] of refused)
  test(`"${text}" is refused`, () => {
    let said = '';
    try {
      parseLabelSelector(text);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toBe(message);
  });

const read: Array<[text: string, requirements: string[]]> = [
  ['  a  ', ['a exists ']],
  ['a =b , c', ['a in b', 'c exists ']],
  ['a in (z,b),!c', ['a in b|z', 'c absent ']],
  ['a in (b,,c)', ['a in |b|c']],
  ['a in ()', ['a in ']],
  ['in in (in, notin)', ['in in in|notin']],
  ['a!=', ['a notin ']],
  ['a>1', ['a gt 1']],
];
for (const [text, requirements] of read)
  test(`"${text}" is read`, () => {
    expect(parseLabelSelector(text).map((it) => `${it.key} ${it.operator} ${it.values.join('|')}`)).toEqual(requirements);
  });
