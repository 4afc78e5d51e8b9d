import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { holderOfPort, listenersIn } from './port-holder.ts';

test('listeners in the kernel’s table: by port and state', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 123 1',
    '   1: 0100007F:1F40 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 124 1',
    '   2: 00000000:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 125 1',
  ].join('\n');
  expect([listenersIn(table, 8000), listenersIn(table, 8001), listenersIn(table, 8002)]).toEqual([['123'], ['125'], []]);
});

test.skipIf(process.platform !== 'linux')('this process is told as the holder of its own port', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = bound && typeof bound === 'object' ? bound.port : 0;
  expect(await holderOfPort(port)).toContain(`(process ${process.pid})`);
  await new Promise((resolve) => server.close(resolve));
  expect(await holderOfPort(port)).toBeUndefined();
});
