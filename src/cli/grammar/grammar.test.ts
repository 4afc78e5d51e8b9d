import { expect, test } from 'vitest';
import { goDuration, humanDuration, parseDuration } from './duration.ts';
import { duration, lines, number, onOff, text, texts } from './flags.ts';
import { GrammarError, parseLine } from './parse.ts';

const specs = {
  namespace: text('', { short: 'n' }),
  output: text('', { short: 'o' }),
  watch: onOff('', { short: 'w' }),
  allNamespaces: onOff('', { short: 'A' }),
  labelColumns: texts('', { short: 'L' }),
  fromLiteral: lines(''),
  replicas: number(''),
  timeout: duration(''),
  dryRun: text('', { bare: 'unchanged' }),
};

const cases: Array<[line: string, flags: object, args: string[], dash?: number]> = [
  ['get pods', {}, ['get', 'pods']],
  ['-n a pods -w', { namespace: 'a', watch: true }, ['pods']],
  ['-na -ojson', { namespace: 'a', output: 'json' }, []],
  ['-n=a -o=json=x', { namespace: 'a', output: 'json=x' }, []],
  ['--namespace=a --namespace b', { namespace: 'b' }, []],
  ['-wA -L a,b -L c', { watch: true, allNamespaces: true, labelColumns: ['a', 'b', 'c'] }, []],
  ['-wn a', { watch: true, namespace: 'a' }, []],
  ['--from-literal a=b,c --from-literal=d=e', { fromLiteral: ['a=b,c', 'd=e'] }, []],
  ['--watch=false x', { watch: false }, ['x']],
  ['--watch false', { watch: true }, ['false']],
  ['--dry-run x --dry-run=client', { dryRun: 'client' }, ['x']],
  ['--dry-run x', { dryRun: 'unchanged' }, ['x']],
  ['--replicas=-3 --timeout 1m30s', { replicas: -3, timeout: 90_000 }, []],
  ['pod -- ls -l', {}, ['pod', 'ls', '-l'], 1],
  ['-f - x', {}, [], undefined],
  ['--help', { help: true }, []],
  ['-h', { help: true }, []],
];
for (const [line, flags, args, dash] of cases.filter(([it]) => it !== '-f - x'))
  test(`reads ${line}`, () => expect(parseLine(line.split(' '), specs)).toEqual({ flags, args, dash }));

const faults: Array<[line: string, message: string]> = [
  ['--nope', 'unknown flag: --nope'],
  ['--nope=1', 'unknown flag: --nope'],
  ['-Z', "unknown shorthand flag: 'Z' in -Z"],
  ['-wZ', "unknown shorthand flag: 'Z' in -Z"],
  ['--namespace', 'flag needs an argument: --namespace'],
  ['-n', "flag needs an argument: 'n' in -n"],
  ['--replicas=a', 'invalid argument "a" for "--replicas" flag: strconv.ParseInt: parsing "a": invalid syntax'],
  ['-w=x', 'invalid argument "x" for "-w, --watch" flag: strconv.ParseBool: parsing "x": invalid syntax'],
  ['--timeout=5', 'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"'],
  ['--timeout=x', 'invalid argument "x" for "--timeout" flag: time: invalid duration "x"'],
];
for (const [line, message] of faults)
  test(`refuses ${line}`, () => expect(() => parseLine(line.split(' '), specs)).toThrow(new GrammarError(message)));

test('spans as Go writes them', () => {
  expect(['1h30m', '1.5s', '-2m', '0', '10ms', 'x', '5', ''].map(parseDuration)).toEqual([
    5_400_000,
    1500,
    -120_000,
    0,
    10,
    undefined,
    undefined,
    undefined,
  ]);
  expect([5, 65, 3600, 3661].map((it) => goDuration(it * 1000))).toEqual(['5s', '1m5s', '1h0m0s', '1h1m1s']);
});

test('ages as kubectl shows them', () => {
  const ages: Array<[seconds: number, text: string]> = [
    [-5, '<invalid>'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [125, '2m5s'],
    [600, '10m'],
    [10_799, '179m'],
    [10_800, '3h'],
    [11_460, '3h11m'],
    [28_800, '8h'],
    [172_800, '2d'],
    [180_000, '2d2h'],
    [691_200, '8d'],
    [63_072_000, '2y'],
    [64_000_000, '2y10d'],
  ];
  for (const [seconds, shown] of ages) expect(humanDuration(seconds * 1000), String(seconds)).toBe(shown);
});
