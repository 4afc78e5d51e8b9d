import { describe, expect, test } from 'vitest';
import type { core } from '../../kinds/index.ts';
import { StatusError } from '../../meta/status-error.ts';
import { containerOf, execCommand, forwardPorts, logOptions, sessionOptions } from './options.ts';

const query = (text: string): URLSearchParams => new URLSearchParams(text);

/** `code: message` of what a call fails with. */
function failure(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof StatusError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('the streams of a session', () => {
  const cases: Array<[query: string, want: string]> = [
    ['stdin=true&stdout=1', 'stdin stdout'],
    ['stdin=0&stdout=false&stderr=yes', 'stderr'],
    // A parameter that is there and empty is true to upstream.
    ['stdout', 'stdout'],
    ['stdout=1&stderr=1&tty=1', 'stdout tty'],
  ];
  test.each(cases)('%s', (text, want) => {
    const asked = Object.entries(sessionOptions(query(text))).filter(([, it]) => it);
    expect(asked.map(([name]) => name).join(' ')).toBe(want);
  });
  test('are at least one', () => {
    for (const text of ['', 'stdin=0', 'tty=1', 'stderr=1&tty=1'])
      expect(failure(() => sessionOptions(query(text)))).toBe('400: you must specify at least 1 of stdin, stdout, stderr');
  });
});

describe('a command', () => {
  test('is all words in their order', () =>
    expect(execCommand(query('command=sh&command=-c&command=a%26b+c&stdout=1&command='))).toEqual(['sh', '-c', 'a&b c', '']));
  test('must be there', () => {
    for (const text of ['', 'command='])
      expect(failure(() => execCommand(query(text)))).toBe('400: you must specify at least one command for the container');
  });
});

describe('the container', () => {
  const named = (...names: string[]) => names.map((name) => ({ name }));
  const pod = (spec: object): core.Pod => ({ metadata: { name: 'web' }, spec }) as core.Pod;
  const single = pod({ containers: named('main'), initContainers: named('setup') });
  const several = pod({ initContainers: named('setup'), containers: named('a', 'b'), ephemeralContainers: named('debug') });

  test('is the only one when none is named', () => {
    expect(containerOf(single, query(''))).toBe('main');
    expect(containerOf(single, query('container='))).toBe('main');
  });
  test('may be one of any sort', () => {
    for (const name of ['setup', 'a', 'b', 'debug']) expect(containerOf(several, query(`container=${name}`))).toBe(name);
  });
  const cases: Array<[pod: core.Pod, query: string, want: string]> = [
    [several, '', '400: a container name must be specified for pod web, choose one of: [setup a b debug]'],
    [pod({ containers: [] }), '', '400: a container name must be specified for pod web'],
    [single, 'container=x', '400: container x is not valid for pod web'],
  ];
  test.each(cases)('cannot be told: %#', (it, text, want) => expect(failure(() => containerOf(it, query(text)))).toBe(want));
});

describe('the options of a log', () => {
  test('are all optional', () =>
    expect(logOptions('web', query(''))).toEqual({ follow: false, previous: false, timestamps: false, stream: 'All' }));
  test('are taken as they are', () =>
    expect(
      logOptions(
        'web',
        query(
          'follow=true&previous=1&timestamps=true&tailLines=0&sinceTime=2026-01-02T03:04:05Z&limitBytes=7&insecureSkipTLSVerifyBackend=true',
        ),
      ),
    ).toEqual({
      ...{ follow: true, previous: true, timestamps: true, tailLines: 0, limitBytes: 7 },
      ...{ sinceTime: '2026-01-02T03:04:05Z', stream: 'All' },
    }));
  test('empty numbers are none', () => expect(logOptions('web', query('tailLines=&sinceSeconds='))).not.toHaveProperty('tailLines'));

  const invalid = '422: PodLogOptions "web" is invalid: ';
  const cases: Array<[query: string, want: string]> = [
    ['tailLines=-1', `${invalid}tailLines: Invalid value: -1: must be greater than or equal to 0`],
    ['limitBytes=0', `${invalid}limitBytes: Invalid value: 0: must be greater than 0`],
    ['sinceSeconds=0', `${invalid}sinceSeconds: Invalid value: 0: must be greater than 0`],
    [
      'sinceSeconds=5&sinceTime=2026-01-02T03:04:05Z',
      `${invalid}Forbidden: at most one of \`sinceTime\` or \`sinceSeconds\` may be specified`,
    ],
    ['stream=Neither', `${invalid}stream: Unsupported value: "Neither": supported values: "All", "Stderr", "Stdout"`],
    ['stream=Stdout&tailLines=1', `${invalid}Forbidden: \`tailLines\` and specific \`stream\` are mutually exclusive for now`],
    ['tailLines=ten', '400: strconv.ParseInt: parsing "ten": invalid syntax'],
    ['tailLines=1.5', '400: strconv.ParseInt: parsing "1.5": invalid syntax'],
    ['limitBytes=9223372036854775808', '400: strconv.ParseInt: parsing "9223372036854775808": value out of range'],
    ['sinceTime=yesterday', '400: parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'],
  ];
  test.each(cases)('refused: %s', (text, want) => {
    const got = failure(() => logOptions('web', query(text)));
    // A fault that is in no field of its own has an empty path before it.
    expect(got.replace('<nil>: ', '').replace(': : ', ': ')).toBe(want);
  });
});

describe('ports of a forward', () => {
  test('are named once or many times', () => expect(forwardPorts(query('ports=80,443&ports=8080'))).toEqual([80, 443, 8080]));
  const cases: Array<[query: string, want: string]> = [
    ['', '400: query parameter "port" is required'],
    ['ports=', '400: query parameter "port" cannot be empty'],
    ['ports=0', '400: port "0" must be > 0'],
    ['ports=80,http', '400: unable to parse "http" as a port: strconv.ParseUint: parsing "http": invalid syntax'],
    ['ports=65536', '400: unable to parse "65536" as a port: strconv.ParseUint: parsing "65536": value out of range'],
  ];
  test.each(cases)('refused: %s', (text, want) => expect(failure(() => forwardPorts(query(text)))).toBe(want));
});
