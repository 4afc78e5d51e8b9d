import { expect, test } from 'vitest';
import { createPullMeter, type PullLine } from './pull-meter.ts';

test('lines of the engine add up to what is done of the whole', () => {
  const meter = createPullMeter();
  const said = (...lines: PullLine[]): unknown => lines.map(meter).at(-1);
  expect(said({ id: 'latest', status: 'Pulling from library/web' })).toBeUndefined();
  const [a, b] = ['aaaa', 'bbbb'];
  expect(said({ id: a, status: 'Pulling fs layer' }, { id: b, status: 'Already exists' })).toEqual({
    ...{ layers: 2, layersDone: 1, bytes: 0, totalBytes: 0 },
  });
  expect(said({ id: a, status: 'Downloading', progressDetail: { current: 30, total: 100 } })).toMatchObject({ bytes: 30, totalBytes: 100 });
  expect(said({ id: a, status: 'Verifying Checksum', progressDetail: {} })).toMatchObject({ bytes: 100, totalBytes: 100, layersDone: 1 });
  // Unpacking is told in bytes too, which are no download.
  expect(said({ id: a, status: 'Extracting', progressDetail: { current: 5, total: 100 } })).toMatchObject({ bytes: 100 });
  expect(said({ id: a, status: 'Pull complete' })).toEqual({ layers: 2, layersDone: 2, bytes: 100, totalBytes: 100 });
  expect(said({ status: 'Digest: sha256:1' })).toBeUndefined();
});
