import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient, type Transport } from '../../../src/client/index.ts';
import { type core, pod, runtimeClass, serviceAccount } from '../../../src/kinds/index.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

const namespace = 'default';
let server: TestApi;
let client: Client;
beforeAll(async () => {
  server = await openTestApi();
  client = createClient(server.api.local as unknown as Transport);
  await client.create(serviceAccount, { metadata: { namespace, name: 'default' } }).catch(() => undefined);
  await client.create(runtimeClass, {
    metadata: { name: 'sandboxed' },
    handler: 'kata',
    overhead: { podFixed: { cpu: '250m', memory: '120Mi' } },
    scheduling: { nodeSelector: { kata: 'yes' }, tolerations: [{ key: 'kata', operator: 'Exists', effect: 'NoSchedule' }] },
  });
  await client.create(runtimeClass, { metadata: { name: 'plain' }, handler: 'runc' });
});
afterAll(() => server.close());

const make = (name: string, spec: Partial<core.PodSpec>): Promise<core.Pod> =>
  client.create(pod, { metadata: { namespace, name }, spec: { containers: [{ name: 'app', image: 'nginx' }], ...spec } });
const refusal = (it: Promise<unknown>): Promise<string> =>
  it.then(
    () => 'not refused',
    (error: Error) => error.message,
  );

test('a pod gets what its class costs and where it is', async () => {
  const { spec } = await make('one', { runtimeClassName: 'sandboxed', nodeSelector: { disk: 'fast' } });
  expect(spec.overhead).toEqual({ cpu: '250m', memory: '120Mi' });
  expect(spec.nodeSelector).toEqual({ disk: 'fast', kata: 'yes' });
  expect(spec.tolerations).toContainEqual({ key: 'kata', operator: 'Exists', effect: 'NoSchedule' });
});

test('what it says itself must agree', async () => {
  const says = (what: string) => `pods "two" is forbidden: ${what}`;
  expect(await refusal(make('two', { runtimeClassName: 'none' }))).toBe(says('pod rejected: RuntimeClass "none" not found'));
  expect(await refusal(make('two', { runtimeClassName: 'sandboxed', overhead: { cpu: '1' } }))).toBe(
    says("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"),
  );
  expect(await refusal(make('two', { runtimeClassName: 'plain', overhead: { cpu: '1' } }))).toBe(
    says('pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'),
  );
  expect(await refusal(make('two', { runtimeClassName: 'sandboxed', nodeSelector: { kata: 'no' } }))).toBe(
    says('conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no'),
  );
  const twice = await make('three', {
    runtimeClassName: 'sandboxed',
    tolerations: [{ operator: 'Exists' }],
    overhead: { cpu: '0.25', memory: '120Mi' },
  });
  expect(twice.spec.tolerations?.filter((it) => it.key === 'kata')).toEqual([]);
});

test('the handler of a class stays, and is a name', async () => {
  const change = client.change(runtimeClass, { name: 'plain' }, (draft) => {
    draft.handler = 'crun';
  });
  expect(await refusal(change)).toContain('handler: Invalid value: "crun": field is immutable');
  expect(await refusal(client.create(runtimeClass, { metadata: { name: 'bad' }, handler: 'Not A Name' }))).toContain(
    'handler: Invalid value',
  );
});
