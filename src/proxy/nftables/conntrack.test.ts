import { expect, test } from 'vitest';
import type { Endpoint } from '../endpoints.ts';
import type { Listener } from '../table.ts';
import { forgetFlows, selections, staleFlows } from './conntrack.ts';

const endpoint = (address: string): Endpoint => ({ address, port: 53 });
const listener = (addresses: string[], protocol: 'TCP' | 'UDP' = 'UDP'): Listener => ({
  ...{ id: 'x', protocol, address: '10.96.0.5', port: 5353, via: 'cluster IP', group: 'g' },
  endpoints: addresses.map(endpoint),
});
const all = { address: '10.96.0.5', port: 5353 };

test.each([
  ['TCP connections go on', listener([], 'TCP'), [endpoint('a')], []],
  ['the first endpoint: flows that went nowhere', listener(['a']), [], [all]],
  ['still none', listener([]), [], []],
  ['one gone', listener(['a']), [endpoint('a'), endpoint('b')], [{ ...all, endpoint: endpoint('b') }]],
  ['one more', listener(['a', 'b']), [endpoint('a')], []],
  ['very many gone', listener([]), Array.from({ length: 20 }, (_, i) => endpoint(String(i))), [all]],
] as const)('%s', (_, now, before, want) => expect(staleFlows(now, before)).toEqual(want));

test('that there was none is well, anything else is not', async () => {
  const asked: string[] = [];
  let says = 'conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.';
  const programs = {
    nft: async () => {},
    async run(...args: string[]): Promise<string> {
      asked.push(args.join(' '));
      throw new Error(says);
    },
  };
  await forgetFlows([{ ...all, endpoint: endpoint('10.1.0.2') }], programs);
  expect(asked).toEqual(['conntrack -D -p udp --orig-dst 10.96.0.5 --orig-port-dst 5353 --reply-src 10.1.0.2 --reply-port-src 53']);
  says = 'Operation not permitted';
  await expect(forgetFlows([all], programs)).rejects.toThrow('not permitted');
});

test('an endpoint that several listeners have lost is asked for once', () => {
  const gone = { endpoint: endpoint('10.1.0.2') };
  expect(selections([{ ...all, ...gone }, { address: '127.0.0.1', port: 30053, ...gone }, all, all])).toEqual([
    '--orig-dst 10.96.0.5 --orig-port-dst 5353',
    '--reply-src 10.1.0.2 --reply-port-src 53',
  ]);
});
