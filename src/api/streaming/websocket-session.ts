import { once } from 'node:events';
import type { WebSocket } from 'ws';
import type { SessionOptions } from '../node-connection.ts';
import { Channels } from './channels.ts';
import type { Remote } from './session.ts';
import { statusText } from './spdy-session.ts';

export const channelProtocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
  '',
] as const;

export const codingOf = (protocol: string): 'base64' | 'binary' => (protocol.includes('base64') ? 'base64' : 'binary');

const number = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

export function webSocketRemote(webSocket: WebSocket, protocol: string, options: SessionOptions): Remote {
  const channels = new Channels(webSocket, codingOf(protocol), protocol.startsWith('v5.') ? 'client' : 'neither');
  const ifAsked = (asked: boolean, name: keyof typeof number) => {
    const channel = asked ? channels.channel(number[name]) : undefined;
    // Only stdin and resize come from the client.
    if (name === 'stdout' || name === 'stderr') channel?.resume();
    return channel;
  };
  const remote = {
    stdin: ifAsked(options.stdin, 'stdin'),
    stdout: ifAsked(options.stdout, 'stdout'),
    stderr: ifAsked(options.stderr, 'stderr'),
    resize: ifAsked(options.tty, 'resize'),
  };
  const error = channels.channel(number.error);
  channels.greet(options.stdout ? number.stdout : options.stderr ? number.stderr : number.error);
  return {
    ...remote,
    closed: channels.closed,
    async finish(status) {
      error.end(statusText(status, protocol));
      if (!error.destroyed) await Promise.race([once(error, 'finish').catch(() => undefined), channels.closed]);
      await channels.close();
    },
  };
}
