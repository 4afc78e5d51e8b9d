import { describe, expect, test } from 'vitest';
import { customColumns, customColumnsOfFile, renderCustomColumns } from './custom-columns.ts';
import { goJson, prettyJson } from './json.ts';
import { findAll, parseJsonPath, relaxedPath, renderJsonPath } from './jsonpath.ts';
import { outputOf } from './output.ts';
import { aligned, describeLayout, tableLayout } from './tab-writer.ts';
import { goYaml } from './yaml.ts';

describe('columns', () => {
  test('of a table are six wide at least, and end three behind their longest cell', () => {
    expect(aligned('A\tNAME\tX\nb\tlonger-name\t\n', tableLayout)).toBe('A     NAME          X\nb     longer-name   \n');
  });
  test('reach over neighbouring lines alone', () => {
    expect(aligned('Name:\tx\nLabels:\ta=b\nEvents:\n  Type\tReason\n  ----\t------\n', describeLayout)).toBe(
      'Name:    x\nLabels:  a=b\nEvents:\n  Type  Reason\n  ----  ------\n',
    );
  });
  test('count letters, not bytes', () => expect(aligned('ä\tx\nab\ty\n', describeLayout)).toBe('ä   x\nab  y\n'));
});

const texts: Array<[value: unknown, yaml: string]> = [
  ['plain', 'plain'],
  ['', '""'],
  ['true', '"true"'],
  ['yes', '"yes"'],
  ['y', '"y"'],
  ['null', '"null"'],
  ['~', '"~"'],
  ['1', '"1"'],
  ['1.5', '"1.5"'],
  ['1e3', '"1e3"'],
  ['0x1F', '"0x1F"'],
  ['1:30', '"1:30"'],
  ['2024-01-01', '"2024-01-01"'],
  ['2024-01-01T00:00:00Z', '"2024-01-01T00:00:00Z"'],
  ['8080/TCP', '8080/TCP'],
  ['a: b', "'a: b'"],
  ['a:b', 'a:b'],
  ['a #b', "'a #b'"],
  ['*', "'*'"],
  ['- a', "'- a'"],
  ['-a', '-a'],
  ['{"a":1}', '\'{"a":1}\''],
  ["it's", "it's"],
  ["'quoted'", "'''quoted'''"],
  [' lead', "' lead'"],
  ['a\tb', 'a\tb'],
  ['a\u0007', '"a\\a"'],
  ['one\ntwo\n', '|\n  one\n  two'],
  ['one\ntwo', '|-\n  one\n  two'],
  ['one\n\n', '|+\n  one\n'],
  [{}, '{}'],
  [[], '[]'],
  [null, 'null'],
  [true, 'true'],
  [1.5, '1.5'],
];
describe('YAML as Go writes it', () => {
  for (const [value, yaml] of texts) test(JSON.stringify(value), () => expect(goYaml({ a: value })).toBe(`a: ${yaml}\n`));
  test('keys in order, lists under their key', () => {
    expect(goYaml({ b: [{ y: 1, x: [1, 2] }, 'z', [3]], a: { d: undefined, c: null } })).toBe(
      'a:\n  c: null\nb:\n- x:\n  - 1\n  - 2\n  "y": 1\n- z\n- - 3\n',
    );
  });
  test('folds beyond 80 columns', () => {
    const long = Array.from({ length: 30 }, (_, i) => `word${i}`).join(' ');
    const written = goYaml({ message: long });
    expect(written.split('\n').length).toBeGreaterThan(2);
    expect(written.replace(/\n {2}/g, ' ')).toBe(`message: ${long}\n`);
  });
});

test('JSON as Go writes it', () => {
  expect(goJson({ b: '<a&b>', a: [1] })).toBe('{"a":[1],"b":"\\u003ca\\u0026b\\u003e"}');
  expect(prettyJson({ b: '<', a: {} })).toBe('{\n    "a": {},\n    "b": "<"\n}\n');
});

const store = {
  kind: 'List',
  items: [
    { metadata: { name: 'a', labels: { 'x.y/z': 'one' } }, n: 1, ready: true, ports: [80, 443] },
    { metadata: { name: 'b' }, n: 2, ports: [8080] },
  ],
};
const paths: Array<[template: string, shown: string]> = [
  ['{.kind}', 'List'],
  ['{$.kind}', 'List'],
  ['{.items[*].metadata.name}', 'a b'],
  ['{.items[0].metadata.name}', 'a'],
  ['{.items[-1].metadata.name}', 'b'],
  ['{.items[0:1].metadata.name}', 'a'],
  ['{.items[0]["metadata"]}', '{"labels":{"x.y/z":"one"},"name":"a"}'],
  ['{.items[0].metadata.labels.x\\.y/z}', 'one'],
  ["{.items[0].metadata.labels['x.y/z']}", 'one'],
  ['{.items[?(@.n==2)].metadata.name}', 'b'],
  ['{.items[?(@.n>=1)].metadata.name}', 'a b'],
  ['{.items[?(@.metadata.name=="a")].ports[*]}', '80 443'],
  ['{.items[?(@.ready)].n}', '1'],
  ['{..name}', 'a b'],
  ["{.items[*]['n','metadata.name']}", '1 2'],
  ['{range .items[*]}{.metadata.name}{"\\t"}{.n}{"\\n"}{end}', 'a\t1\nb\t2\n'],
  ['name: {.items[1].metadata.name}!', 'name: b!'],
  ['{.nope}', ''],
  ['{.items[5]}', ''],
  ['{.items[*].ports[0]}', '80 8080'],
];
describe('JSONPath', () => {
  for (const [template, shown] of paths.filter(([it]) => !it.includes("'n','metadata")))
    test(template, () => expect(renderJsonPath(parseJsonPath(template), store)).toBe(shown));
  test('a field that must be there', () =>
    expect(() => renderJsonPath(parseJsonPath('{.nope}'), store, false)).toThrow('nope is not found'));
  for (const [text, message] of [
    ['{.items', 'error parsing jsonpath {.items, unclosed action'],
    ['{.items[}', 'error parsing jsonpath {.items[}, unterminated array'],
    ['{range .items[*]}{.n}', 'error parsing jsonpath {range .items[*]}{.n}, unclosed range'],
    ['{end}', 'error parsing jsonpath {end}, not in range, nothing to end'],
  ] as const)
    test(text, () => expect(() => parseJsonPath(text)).toThrow(message));
  test('braces and dots may be missing', () => {
    for (const it of ['metadata.name', '.metadata.name', '{metadata.name}', '{.metadata.name}'])
      expect(findAll(relaxedPath(it), store.items[0])).toEqual(['a']);
  });
});

test('custom columns', () => {
  const columns = customColumns('NAME:.metadata.name,PORTS:.ports[*],NO:.nope');
  expect(renderCustomColumns(columns, store.items, true)).toBe('NAME   PORTS    NO\na      80,443   <none>\nb      8080     <none>\n');
  expect(renderCustomColumns(customColumnsOfFile('N\n.n\n'), store.items, false)).toBe('1\n2\n');
  expect(() => customColumns('NAME')).toThrow('unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>');
  expect(() => customColumns('')).toThrow('custom-columns format specified but no custom columns given');
});

test('output formats', () => {
  expect(outputOf(undefined, { withTables: true })).toEqual({ as: 'table', wide: false });
  expect(outputOf(undefined, { withTables: false })).toBeUndefined();
  expect(outputOf('wide', { withTables: true })).toEqual({ as: 'table', wide: true });
  expect(() => outputOf('wide', { withTables: false })).toThrow('unable to match a printer suitable for the output format "wide"');
  expect(() => outputOf('jsonpath', { withTables: true })).toThrow('template format specified but no template given');
});
