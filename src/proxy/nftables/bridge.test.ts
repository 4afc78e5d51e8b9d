import { expect, test } from 'vitest';
import { portIn } from './bridge.ts';

const port = '9: veth0a1b2c3@if8: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br-0123456789ab state UP group default ';
const cases: ReadonlyArray<[what: string, line: string, want: string | undefined]> = [
  ['a port', port, 'veth0a1b2c3'],
  ['a port of our own making', port.replace('veth0a1b2c3@if8', 'pp45f6151ac0db@if2'), 'pp45f6151ac0db'],
  ['a port whose other end is here too', port.replace('@if8', ''), 'veth0a1b2c3'],
  ['one that has gone', `Deleted ${port}`, undefined],
  ["another bridge's", port.replace('br-0123456789ab', 'docker0'), undefined],
  ['the bridge itself', '7: br-0123456789ab: <BROADCAST,UP> mtu 1500 qdisc noqueue state UP group default ', undefined],
  ['its second line', '    link/ether 02:42:b5:ee:7a:67 brd ff:ff:ff:ff:ff:ff link-netnsid 3', undefined],
];
for (const [what, line, want] of cases) test(`${what} is told by ip monitor`, () => expect(portIn(line, 'br-0123456789ab')).toBe(want));
