import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { Attach, Exec, KubeConfig, Log, PortForward, type V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, openStreamingApi, type StreamingApi } from '../../fixtures/api/streaming.ts';

let api: StreamingApi;
let config: KubeConfig;
beforeAll(async () => {
  api = await openStreamingApi();
  await api.addPod('web');
  config = new KubeConfig();
  config.loadFromFile(api.kubeconfig);
});
afterAll(() => api.close());

/** A stream that keeps what is written to it. */
function kept(): PassThrough & { text: () => string } {
  const parts: string[] = [];
  const stream = new PassThrough();
  stream.on('data', (it) => parts.push(String(it)));
  return Object.assign(stream, { text: () => parts.join('') });
}

describe('the JavaScript client', () => {
  test('runs commands', async () => {
    const [out, err] = [kept(), kept()];
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config)
        .exec('default', 'web', 'main', ['sh', '-c', 'echo out; echo err >&2; exit 3'], out, err, null, false, resolve)
        .catch(reject);
    });
    expect([out.text(), err.text()]).toEqual(['out\n', 'err\n']);
    expect(status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  test('types into commands', async () => {
    const [out, typed] = [kept(), new PassThrough()];
    const status = new Promise<V1Status>((resolve, reject) => {
      new Exec(config)
        .exec('default', 'web', 'main', ['sh', '-c', 'read line; echo "got $line"'], out, null, typed, false, resolve)
        .catch(reject);
    });
    typed.write('it\n');
    expect(await status).toMatchObject({ status: 'Success' });
    expect(out.text()).toBe('got it\n');
  });

  test('attaches', async () => {
    const [out, typed] = [kept(), new PassThrough()];
    const socket = await new Attach(config).attach('default', 'web', 'main', out, null, typed, false);
    typed.write('hello');
    await eventually('the echo', () => out.text() === 'hello');
    socket.close();
    await eventually('the end', () => !api.node.open.has('attach'));
  });

  test('reads logs, and follows them until it has had enough', async () => {
    const all = kept();
    await new Log(config).log('default', 'web', 'main', all, { tailLines: 5 });
    await once(all, 'end');
    expect(all.text()).toBe('one\ntwo\n');
    const followed = kept();
    const controller = await new Log(config).log('default', 'web', 'main', followed, { follow: true });
    await eventually('lines', () => followed.text().includes('more'));
    controller.abort();
    await eventually('the end', () => !api.node.open.has('logs'));
  });

  test('forwards ports', async () => {
    const echo = createServer((socket) => void socket.on('error', () => {}).pipe(socket));
    await once(echo.listen(0, '127.0.0.1'), 'listening');
    const { port } = echo.address() as { port: number };
    const forward = new PortForward(config);
    const local = createServer((socket) => {
      socket.on('error', () => {});
      void forward.portForward('default', 'web', [port], socket, null, socket);
    });
    await once(local.listen(0, '127.0.0.1'), 'listening');
    const texts = await Promise.all(
      ['a', 'b', 'c'].map(async (text) => {
        const socket = connect((local.address() as { port: number }).port, '127.0.0.1');
        socket.write(text);
        const [answer] = (await once(socket, 'data')) as [Buffer];
        socket.destroy();
        return answer.toString();
      }),
    );
    expect(texts).toEqual(['a', 'b', 'c']);
    local.close();
    echo.close();
  });
});
