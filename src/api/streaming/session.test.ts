import { PassThrough, type Readable, type Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Status } from '../../meta/types.ts';
import type { Session } from '../node-connection.ts';
import { join, type Remote } from './session.ts';

/** A client and a process in memory, joined; `said` is what the client has been told, in order. */
function joined(without: Partial<Record<'stdin' | 'stdout' | 'stderr', true>> = {}) {
  const make = (name: 'stdin' | 'stdout' | 'stderr'): PassThrough | undefined => (without[name] ? undefined : new PassThrough());
  const process = { stdin: make('stdin'), stdout: make('stdout'), stderr: make('stderr') };
  const client = { stdin: make('stdin'), stdout: make('stdout'), stderr: make('stderr'), resize: new PassThrough() };
  const [sizes, said]: [string[], string[]] = [[], []];
  let [exit, fail, hangUp, closed] = [(_: number): void => {}, (_: Error): void => {}, (): void => {}, false];
  const gone = new Promise<void>((resolve) => {
    hangUp = resolve;
  });
  const statuses: Status[] = [];
  const session: Session = {
    ...(process as { stdin: Writable; stdout: Readable; stderr: Readable }),
    resize: ({ width, height }) => void sizes.push(`${width}x${height}`),
    exitCode: new Promise((resolve, reject) => {
      exit = resolve;
      fail = reject;
    }),
    close: () => {
      closed = true;
    },
  };
  const remote: Remote = {
    ...client,
    finish: async (status) => {
      statuses.push(status);
      said.push('status');
      hangUp();
    },
    closed: gone,
  };
  client.stdout?.on('data', (it) => said.push(String(it)));
  const done = join(session, remote, 'executing command in');
  return {
    process,
    client,
    sizes,
    said,
    statuses,
    done,
    exit: (code: number) => exit(code),
    fail: (it: Error) => fail(it),
    hangUp,
    closed: () => closed,
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('the outcome', () => {
  test('of a command that ends well is a success, told after all its output', async () => {
    const it = joined();
    it.exit(0);
    await settled();
    it.process.stdout?.end('the end');
    it.process.stderr?.end();
    await it.done;
    expect(it.said).toEqual(['the end', 'status']);
    expect(it.statuses).toEqual([{ metadata: {}, status: 'Success' }]);
  });

  test('of a command that ends badly holds its exit code', async () => {
    const it = joined({ stderr: true });
    it.process.stdout?.end();
    it.exit(3);
    await it.done;
    expect(it.statuses).toEqual([
      {
        metadata: {},
        status: 'Failure',
        message: 'command terminated with non-zero exit code: exit status 3',
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: '3' }] },
      },
    ]);
  });

  test('of one that cannot be told is an internal error', async () => {
    const it = joined({ stdout: true, stderr: true });
    it.fail(new Error('the engine is gone'));
    await it.done;
    expect(it.statuses[0]).toMatchObject({
      ...{ status: 'Failure', reason: 'InternalError', code: 500 },
      message: 'Internal error occurred: error executing command in container: the engine is gone',
    });
  });

  test('is told also when a stream breaks in the middle', async () => {
    const it = joined({ stderr: true });
    it.process.stdout?.destroy(new Error('torn'));
    it.exit(0);
    await it.done;
    expect(it.statuses).toHaveLength(1);
  });
});

describe('the input', () => {
  test('ends for the process when the client ends it', async () => {
    const it = joined();
    const got: string[] = [];
    it.process.stdin?.on('data', (bytes) => got.push(String(bytes)));
    it.client.stdin?.end('typed');
    await settled();
    expect([got, it.process.stdin?.writableFinished]).toEqual([['typed'], true]);
  });

  test('is dropped once the process takes no more', async () => {
    const it = joined();
    it.process.stdin?.destroy();
    for (let i = 0; i < 100; i++) it.client.stdin?.write(Buffer.alloc(16 * 1024));
    await settled();
    await settled();
    expect(it.client.stdin?.readableLength).toBe(0);
  });

  test('waits when the process is slow', async () => {
    const it = joined();
    let taken = 0;
    while (it.client.stdin?.write(Buffer.alloc(16 * 1024)) && taken < 100) taken++;
    expect(taken).toBeLessThan(100);
  });
});

describe('sizes of the terminal', () => {
  test('are read however they are cut; what makes no sense is passed over', async () => {
    const it = joined();
    for (const text of [
      '{"Width":80,"Hei',
      'ght":24}{"Width":100,',
      '"Height":50}\n',
      '{"Width":0,"Height":1}',
      'x'.repeat(3000),
      '{"height":2,"width":1}',
    ])
      it.client.resize.write(text);
    await settled();
    expect(it.sizes).toEqual(['80x24', '100x50', '1x2']);
  });
});

test('a session is closed when the client has gone', async () => {
  const it = joined();
  it.hangUp();
  await settled();
  expect(it.closed()).toBe(true);
  // The process ends in its own time.
  it.exit(0);
  await it.done;
});
