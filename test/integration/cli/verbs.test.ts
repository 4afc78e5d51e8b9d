import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../../src/cli/index.ts';
import { standalone } from '../../../src/cli/kubeconfig/entries.ts';
import { writeKubeconfig } from '../../../src/cli/kubeconfig/text.ts';
import { openStreamingApi, type StreamingApi } from '../../fixtures/api/streaming.ts';
import { fakeEdges, recordedIo } from '../../fixtures/cli/io.ts';

// Verbs of kubectl's grammar around a real API server; its node runs commands on this machine.
let api: StreamingApi;
let home: string;
let edges: ReturnType<typeof fakeEdges>['edges'];

beforeAll(async () => {
  api = await openStreamingApi();
  await api.addPod('web');
  home = mkdtempSync(join(tmpdir(), 'peapod-verbs-'));
  const kubeconfig = join(home, 'kubeconfig');
  const { caCertificate, admin } = api.pki;
  const access = { name: 'test', url: api.url, credentials: { caCertificate, certificate: admin.cert, key: admin.key } };
  writeFileSync(kubeconfig, writeKubeconfig(standalone(access)));
  ({ edges } = fakeEdges(join(home, 'data'), home, api.url));
  edges = { ...edges, environment: { home, kubeconfig, editor: "sed -i 's/colour: green/colour: red/'" } };
  writeFileSync(join(home, 'map.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {colour: green}\n');
  writeFileSync(join(home, 'map2.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {colour: blue}\n');
});
afterAll(async () => {
  await api?.close();
  rmSync(home, { recursive: true, force: true });
});

async function peapod(line: string, input = ''): Promise<string> {
  const io = recordedIo({ input });
  const words = [...line.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", '').replaceAll('@', `${home}/`));
  const code = await runCli(words, edges, io);
  return `${io.out()}${io.err()}${code === 0 ? '' : `(${code})`}`;
}

const parts: Readonly<Record<string, ReadonlyArray<[line: string, said: string | RegExp]>>> = {
  'objects from files and back': [
    ['apply -f @map.yaml', 'configmap/map created\n'],
    ['apply -f @map.yaml', 'configmap/map unchanged\n'],
    ['diff -f @map.yaml', ''],
    ['diff -f @map2.yaml', /^diff -u -N [\s\S]*- {2}colour: green\n\+ {2}colour: blue\n[\s\S]*\(1\)$/],
    ['get cm map -o jsonpath={.data.colour}', 'green'],
    ['apply -f @map2.yaml --dry-run=server', 'configmap/map configured (server dry run)\n'],
    ['apply -f @map2.yaml', 'configmap/map configured\n'],
    ['get cm map -o jsonpath={.data.colour}', 'blue'],
    ['apply -f @map.yaml --server-side', 'configmap/map serverside-applied\n'],
    ['edit cm map', 'configmap/map edited\n'],
    ['get cm map -o custom-columns=COLOUR:.data.colour', 'COLOUR\nred\n'],
    ['edit cm map', 'Edit cancelled, no changes made.\n'],
    ['delete -f @map.yaml', 'configmap "map" deleted\n'],
    ['delete -f @map.yaml', /^Error from server \(NotFound\): error when deleting ".*map.yaml": configmaps "map" not found\n\(1\)$/],
    ['delete -f @map.yaml --ignore-not-found', ''],
  ],
  'what is read from standard input': [
    ['create -f -', 'configmap/piped created\n'],
    ['replace -f -', 'configmap/piped replaced\n'],
    ['replace --force -f -', 'configmap "piped" deleted\nconfigmap/piped replaced\n'],
    ['create -f -', 'Error from server (AlreadyExists): error when creating "STDIN": configmaps "piped" already exists\n(1)'],
  ],
  'several objects': [
    ['create cm a --from-literal=x=1', 'configmap/a created\n'],
    ['create cm b --from-literal=x=2', 'configmap/b created\n'],
    ['label cm a b team=one', 'configmap/a labeled\nconfigmap/b labeled\n'],
    ['get cm -l team=one -o name', 'configmap/a\nconfigmap/b\n'],
    ['get cm a nope -o name', 'configmap/a\nError from server (NotFound): configmaps "nope" not found\n(1)'],
    ['get cm a b --sort-by=.data.x -o jsonpath={.items[*].metadata.name}', 'a b'],
    ['annotate cm -l team=one note=x', 'configmap/a annotated\nconfigmap/b annotated\n'],
    ['patch cm a -p \'{"data":{"x":"3"}}\'', 'configmap/a patched\n'],
    ['patch cm a --type json -p \'[{"op":"remove","path":"/data/x"}]\'', 'configmap/a patched\n'],
    ['delete cm -l team=one', 'configmap "a" deleted\nconfigmap "b" deleted\n'],
    ['get cm -l team=one', 'No resources found in default namespace.\n'],
  ],
  'a running pod': [
    ['exec web -- echo hello', 'hello\n'],
    ["exec web -- sh -c 'exit 7'", 'command terminated with exit code 7\n(7)'],
    ['exec -i web -- cat', 'piped in'],
    ['exec nope -- ls', 'Error from server (NotFound): pods "nope" not found\n(1)'],
    ['exec web -c nope -- ls', /^Error from server \(BadRequest\): container nope is not valid for pod web\n\(1\)$/],
    ['wait --for=delete pod/nope', ''],
    ['wait --for=condition=Nope pod/web --timeout=50ms', 'error: timed out waiting for the condition on pods/web\n(1)'],
    ['describe pod web', /^Name: +web\nNamespace: +default\n/],
    ['__complete -- exec w', 'web\n'],
    ['__complete -- get pods/', 'pods/web\n'],
  ],
  'bad input changes nothing': [
    ['get', /^You must specify the type of resource to get\./],
    ['get nope', 'error: the server doesn\'t have a resource type "nope"\n(1)'],
    ['get pods --nope', "error: unknown flag: --nope\nSee 'peapod get --help' for usage.\n(1)"],
    ['get pods -o nope', /^error: unable to match a printer suitable for the output format "nope"/],
    ['delete pods', 'error: resource(s) were provided, but no name was specified\n(1)'],
    ['delete pod web --cascade=nope', 'error: invalid cascade value (nope). Must be "background", "foreground", or "orphan"\n(1)'],
    ['delete pod web --all', 'error: name cannot be provided when a selector is specified\n(1)'],
    ['delete pod web --dry-run=nope', 'error: Invalid dry-run value (nope). Must be "none", "server", or "client".\n(1)'],
    ['apply -f @nope.yaml', /^error: the path ".*nope.yaml" does not exist\n\(1\)$/],
    ['scale pod web', 'error: required flag(s) "replicas" not set\n(1)'],
    ['label pod web', 'error: at least one label update is required\n(1)'],
    ['rollout nope', 'error: unknown command "nope"\nSee \'peapod rollout -h\' for help and examples\n(1)'],
    ['get pods --context nope', 'Error in configuration: context was not found for specified context: nope\n(1)'],
    [
      'get pods -s http://127.0.0.1:1',
      'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n(1)',
    ],
    ['get pods -o name', 'pod/web\n'],
  ],
};

describe('verbs', () => {
  for (const [name, steps] of Object.entries(parts)) {
    test(name, async () => {
      const input = name === 'a running pod' ? 'piped in' : 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: piped}\n';
      for (const [line, said] of steps) {
        const answer = await peapod(line, input);
        if (typeof said === 'string') expect(answer, line).toBe(said);
        else expect(answer, line).toMatch(said);
      }
    });
  }
});

test('a watch shows what comes, until the server is gone', async () => {
  const io = recordedIo();
  const watching = runCli(['get', 'cm', '-w', '-o', 'name'], edges, io);
  while (!io.out().includes('configmap/')) await new Promise((resolve) => setTimeout(resolve, 10));
  await peapod('create cm seen --from-literal=a=b');
  while (!io.out().includes('configmap/seen')) await new Promise((resolve) => setTimeout(resolve, 10));
  await api.close();
  expect(await watching.catch(() => 1)).toBeTypeOf('number');
});
