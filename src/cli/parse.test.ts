import { expect, test } from 'vitest';
import { fakeEdges, recordedIo } from '../../test/fixtures/cli/io.ts';
import { commands } from './commands/index.ts';
import { parse } from './parse.ts';
import { runCli } from './run.ts';
import { verbs } from './verbs/index.ts';

const { edges } = fakeEdges('/nowhere', '/nobody');
const read = (...argv: string[]) => {
  const parsed = parse(argv, commands, edges.settings, 'about');
  if ('help' in parsed) throw new Error(parsed.help);
  return { name: parsed.command.name, flags: parsed.flags, settings: parsed.settings };
};

test('flags, switches and settings are told apart', () => {
  expect(read('up', '-d', '--name', 'b', '--port=1', '--kubeconfig', 'f')).toEqual({
    name: 'up',
    flags: { detach: true, kubeconfig: 'f' },
    settings: { name: 'b', port: '1' },
  });
  expect(read('version', '-o=json')).toMatchObject({ flags: { output: 'json' } });
  expect(read('version', '-ojson', '--client')).toMatchObject({ flags: { output: 'json', client: true } });
  expect(read('down', '--data-dir', '/x', '--keep-data')).toMatchObject({ flags: { keepData: true }, settings: { 'data-dir': '/x' } });
});

const faults: Array<[argv: string, message: string]> = [
  ['qqqq', 'unknown command "qqqq" for "peapod"'],
  ['gett', 'unknown command "gett" for "peapod"\n\nDid you mean this?\n\tget\n\tset'],
  ['statsu', 'unknown command "statsu" for "peapod"\n\nDid you mean this?\n\tstatus'],
  ['up --foo', "unknown flag: --foo\nSee 'peapod up --help' for usage."],
  ['up --foo=1', "unknown flag: --foo\nSee 'peapod up --help' for usage."],
  ['up -q', "unknown shorthand flag: 'q' in -q\nSee 'peapod up --help' for usage."],
  ['up --name', "flag needs an argument: --name\nSee 'peapod up --help' for usage."],
  ['status a b', "unexpected arguments: a b\nSee 'peapod status --help' for usage."],
  // How it is to run is no matter of a cluster that is.
  ['status --port 1', "unknown flag: --port\nSee 'peapod status --help' for usage."],
  ['--foo', "unknown flag: --foo\nSee 'peapod --help' for usage."],
];
for (const [argv, message] of faults) {
  test(`peapod ${argv}`, async () => {
    const io = recordedIo();
    expect(await runCli(argv.split(' '), edges, io)).toBe(1);
    expect(io.err()).toBe(`error: ${message}\n`);
    expect(io.out()).toBe('');
  });
}

test('help', async () => {
  for (const argv of [[], ['--help'], ...[...commands, ...verbs].map(({ name }) => [name, '--help'])]) {
    const io = recordedIo();
    expect(await runCli(argv, edges, io)).toBe(0);
    await expect(io.out()).toMatchFileSnapshot(`../../test/golden/cli/help${argv.length > 1 ? `-${argv[0]}` : ''}.txt`);
  }
});

test('a fault nobody foresaw shows its place', async () => {
  const io = recordedIo();
  const broken = { ...edges, cluster: () => Promise.reject(new TypeError('oh')) };
  expect(await runCli(['status'], broken, io)).toBe(1);
  expect(io.err()).toMatch(/^error: oh\n +at /);
});
