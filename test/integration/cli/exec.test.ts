import { afterAll, beforeAll, expect, test } from 'vitest';
import { exec } from '../../../src/cli/demo/exec.ts';
import type { Access } from '../../../src/cli/kubeconfig/entries.ts';
import { openStreamingApi, type StreamingApi } from '../../fixtures/api/streaming.ts';

let api: StreamingApi;
let access: Access;
beforeAll(async () => {
  api = await openStreamingApi();
  await api.addPod('web');
  const { caCertificate, admin } = api.pki;
  access = { name: 'test', url: api.url, credentials: { caCertificate, certificate: admin.cert, key: admin.key } };
});
afterAll(() => api.close());

const inWeb = (...command: string[]) => exec(access, { namespace: 'default', pod: 'web', container: 'main' }, command);

test('output, errors and the exit code come back', async () => {
  expect(await inWeb('sh', '-c', 'echo out; sleep 0.05; echo err >&2; exit 3')).toEqual({ output: 'out\nerr\n', exitCode: 3 });
  expect(await inWeb('echo', 'a b', '&c=d')).toEqual({ output: 'a b &c=d\n', exitCode: 0 });
  expect((await inWeb('seq', '1', '50000')).output).toHaveLength(288_894);
});

test('what cannot be run is told', async () => {
  await expect(exec(access, { namespace: 'default', pod: 'none', container: 'main' }, ['true'])).rejects.toThrow();
  await expect(
    exec({ ...access, url: 'https://127.0.0.1:1' }, { namespace: 'default', pod: 'web', container: 'main' }, ['true']),
  ).rejects.toThrow('was refused');
});
