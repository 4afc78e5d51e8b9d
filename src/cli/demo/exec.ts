import { WebSocket } from 'ws';
import type { Access } from '../kubeconfig/entries.ts';
import type { Status } from '../../meta/types.ts';

export type ExecTarget = { namespace: string; pod: string; container: string };

const patience = 15_000;

/**
 * Runs a command in a container, as `kubectl exec` does over WebSocket: each message begins with the number of its
 * stream, and the last one, on stream 3, is a Status. Resolves with what it wrote and its exit code.
 */
export function exec(
  { url, credentials }: Access,
  target: ExecTarget,
  command: readonly string[],
): Promise<{ output: string; exitCode: number }> {
  const address = new URL(`/api/v1/namespaces/${target.namespace}/pods/${target.pod}/exec`, url.replace(/^http/, 'ws'));
  for (const it of command) address.searchParams.append('command', it);
  for (const [name, value] of Object.entries({ container: target.container, stdout: 'true', stderr: 'true' }))
    address.searchParams.set(name, value);
  const socket = new WebSocket(address, ['v5.channel.k8s.io', 'v4.channel.k8s.io'], {
    ca: credentials.caCertificate,
    cert: credentials.certificate,
    key: credentials.key,
    handshakeTimeout: patience,
  });
  return new Promise((resolve, reject) => {
    let output = '';
    let status: Status | undefined;
    const timer = setTimeout(() => {
      reject(new Error(`${command.join(' ')}: no end within ${patience / 1000} seconds`));
      socket.terminate();
    }, patience);
    socket.on('message', (data: Buffer) => {
      const text = data.subarray(1).toString('utf8');
      if (data[0] === 1 || data[0] === 2) output += text;
      if (data[0] === 3) status = JSON.parse(text) as Status;
    });
    socket.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      const exitCode = status && exitCodeOf(status);
      if (exitCode === undefined) reject(new Error(status?.message ?? `${command.join(' ')}: the connection broke`));
      else resolve({ output, exitCode });
    });
  });
}

/** Undefined when the command did not run at all. */
function exitCodeOf({ status, details }: Status): number | undefined {
  if (status === 'Success') return 0;
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  return code === undefined ? undefined : Number(code);
}
