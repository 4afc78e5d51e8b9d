import type { Login } from '../connection/contexts.ts';
import type { Access } from '../kubeconfig/entries.ts';
import { exitCodeOf, openStreams } from '../streams/index.ts';

export type ExecTarget = { namespace: string; pod: string; container: string };

const patience = 15_000;

/** Runs a command in a container to its end. Resolves with what it wrote and its exit code; fails when it did not run. */
export async function exec(access: Access, target: ExecTarget, command: readonly string[]): Promise<{ output: string; exitCode: number }> {
  let output = '';
  const keep = (bytes: Buffer): void => {
    output += bytes.toString('utf8');
  };
  const path = `/api/v1/namespaces/${target.namespace}/pods/${target.pod}/exec`;
  const query = { command, container: target.container, stdout: true, stderr: true };
  const session = await openStreams(loginOf(access), path, query, { stdout: keep, stderr: keep }, patience);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    session.break();
  }, patience);
  try {
    const status = await session.ended;
    if (isLate) throw new Error(`${command.join(' ')}: no end within ${patience / 1000} seconds`);
    if (!status) throw new Error(`${command.join(' ')}: the connection broke`);
    return { output, exitCode: exitCodeOf(status) };
  } finally {
    clearTimeout(timer);
  }
}

const loginOf = ({ url, credentials }: Access): Login => ({
  server: url,
  ca: credentials.caCertificate,
  cert: credentials.certificate,
  key: credentials.key,
  namespace: 'default',
  namespaceGiven: false,
  impersonate: { groups: [] },
});
