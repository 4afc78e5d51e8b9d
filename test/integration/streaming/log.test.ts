import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { badRequest } from '../../../src/meta/status-error.ts';
import { type RawRequests, rawRequests } from '../../fixtures/api/requests.ts';
import { container, eventually, openStreamingApi, type StreamingApi } from '../../fixtures/api/streaming.ts';

const log = (pod: string, query = ''): string => `/api/v1/namespaces/default/pods/${pod}/log${query}`;

let api: StreamingApi;
let requests: RawRequests;
beforeAll(async () => {
  api = await openStreamingApi();
  requests = rawRequests(api);
  await api.addPod('web');
  await api.addPod('two', { containers: [container('a'), container('b')] });
  await api.addPod('nowhere', { nodeName: '' }, { phase: 'Pending' });
  await api.addPod('lost', { nodeName: 'n2' });
});
afterAll(async () => {
  requests.close();
  await api.close();
});
afterEach(() => api.node.failures.clear());

describe('GET pods/x/log', () => {
  test('answers with plain text', async () => {
    const { code, headers, text } = await requests.send({ path: log('web') });
    expect([code, headers['content-type'], text]).toEqual([200, 'text/plain', 'one\ntwo\n']);
  });

  test('hands the options on', async () => {
    await requests.send({
      path: log(
        'two',
        '?container=b&previous=true&timestamps=1&sinceSeconds=7&limitBytes=9&stream=Stderr&insecureSkipTLSVerifyBackend=true',
      ),
    });
    expect(api.node.asked.at(-1)).toMatchObject({
      ref: { namespace: 'default', pod: 'two', container: 'b' },
      options: { follow: false, previous: true, timestamps: true, sinceSeconds: 7, limitBytes: 9, stream: 'Stderr' },
    });
  });

  test('has nothing to say of a pod without a node', async () => {
    const { code, text } = await requests.send({ path: log('nowhere') });
    expect([code, text]).toEqual([204, '']);
  });

  const refused: Array<[pod: string, query: string, code: number, message: string]> = [
    ['none', '', 404, 'pods "none" not found'],
    ['two', '', 400, 'a container name must be specified for pod two, choose one of: [a b]'],
    ['web', '?container=x', 400, 'container x is not valid for pod web'],
    ['web', '?tailLines=-1', 422, 'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0'],
    ['web', '?tailLines=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['lost', '', 404, 'nodes "n2" not found'],
  ];
  test.each(refused)('%s%s is refused', async (name, query, code, message) => {
    const answer = await requests.send({ path: log(name, query) });
    expect([answer.code, answer.body.message]).toEqual([code, message]);
  });

  test('tells what the node says', async () => {
    const message = 'container "main" in pod "web" is waiting to start: ContainerCreating';
    api.node.failures.set('logs', badRequest(message));
    const { code, body } = await requests.send({ path: log('web') });
    expect([code, body.reason, body.message]).toEqual([400, 'BadRequest', message]);
  });

  test.each(['POST', 'DELETE'])('%s is not allowed', async (method) => {
    expect((await requests.send({ method, path: log('web') })).code).toBe(405);
  });

  test('a client that has gone is followed no longer', async () => {
    const watch = await requests.watch(log('web', '?follow=true'));
    await eventually('the follower', () => api.node.open.has('logs'));
    watch.close();
    await eventually('its end', () => !api.node.open.has('logs'));
  });
});
