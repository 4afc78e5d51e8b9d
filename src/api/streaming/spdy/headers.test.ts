import { constants, createDeflate, deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createEmptyHeaders, dictionary, HeaderReader } from './headers.ts';
import { SpdyClient } from '../../../../test/fixtures/api/spdy-client.ts';
import { Duplex } from 'node:stream';

const deflater = (): SpdyClient => new SpdyClient(new Duplex({ read() {}, write: (_, __, done) => done() }));

describe('the dictionary', () => {
  test('is the one of SPDY/3: deflate names it by its checksum', () => {
    expect(dictionary().length).toBe(1423);
    expect(deflateSync('', { dictionary: dictionary() }).subarray(2, 6).toString('hex')).toBe('e3c6a7c2');
  });
});

describe('header blocks', () => {
  test('are read one after the other, each on top of those before', async () => {
    const [client, reader] = [deflater(), new HeaderReader()];
    const blocks: Record<string, string>[] = [
      { streamtype: 'error', port: '80', requestid: '0' },
      { streamtype: 'data', port: '80', requestid: '0' },
      {},
      { Streamtype: 'data', value: 'x'.repeat(50_000) },
    ];
    for (const block of blocks) {
      const lower = Object.fromEntries(Object.entries(block).map(([name, value]) => [name.toLowerCase(), value]));
      expect(Object.fromEntries(await reader.read(await client.deflated(block)))).toEqual(lower);
    }
    reader.close();
  });

  const faults: Array<[name: string, block: (client: SpdyClient) => Promise<Buffer>]> = [
    ['not deflated', async () => Buffer.from('plain text')],
    ['longer than a client of ours sends', (client) => client.deflated({ name: 'x'.repeat(100_000) })],
    ['with a length that points beyond the end', async () => deflated(Buffer.from([0, 0, 0, 1, 0, 0, 0, 9, 1]))],
    ['with a count and nothing else', async () => deflated(Buffer.from([0, 0, 0, 1]))],
    ['without even a count', async () => deflated(Buffer.from([0]))],
  ];
  test.each(faults)('are refused when %s', async (_, block) => {
    const reader = new HeaderReader();
    await expect(block(deflater()).then((it) => reader.read(it))).rejects.toThrow();
    reader.close();
  });
});

describe('empty header blocks', () => {
  test('make one zlib stream, of which each block can be read as soon as it has come', async () => {
    const [next, reader] = [createEmptyHeaders(), new HeaderReader()];
    for (let i = 0; i < 3; i++) {
      const block = next();
      expect(block.subarray(-5).toString('hex')).toBe('000000ffff');
      expect((await reader.read(block)).size).toBe(0);
    }
    reader.close();
  });
});

function deflated(bytes: Buffer): Promise<Buffer> {
  const deflate = createDeflate({ dictionary: dictionary() });
  deflate.write(bytes);
  return new Promise((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve(deflate.read() as Buffer)));
}
