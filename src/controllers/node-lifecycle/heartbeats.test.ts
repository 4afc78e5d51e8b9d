import { expect, test } from 'vitest';
import { nodeOf } from '../../../test/fixtures/controllers/objects.ts';
import type { coordination } from '../../kinds/index.ts';
import { seconds } from '../../lib/clock.ts';
import { createHeartbeats, lookEvery } from './heartbeats.ts';

const lease = (renewTime: string): coordination.Lease => ({
  apiVersion: '',
  kind: 'Lease',
  metadata: nodeOf('n1').metadata,
  spec: { renewTime },
});
const node = nodeOf('n1');

test('a sign of life is a changed lease or condition, timed by our clock', () => {
  const beats = createHeartbeats();
  expect(beats.heard(node, lease('a'), 1000)).toEqual({ at: 1000, isNew: true });
  expect(beats.heard(node, lease('a'), 1000 + lookEvery)).toEqual({ at: 1000, isNew: false });
  expect(beats.heard(node, lease('b'), 1000 + 2 * lookEvery).at).toBe(1000 + 2 * lookEvery);
  const told = { ...node, status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: 'x' }] } };
  expect(beats.heard(told, lease('b'), 1000 + 3 * lookEvery).at).toBe(1000 + 3 * lookEvery);
});

test('who slept himself blames nobody', () => {
  const beats = createHeartbeats();
  beats.heard(node, lease('a'), 0);
  expect(beats.heard(node, lease('a'), seconds(3600)).at).toBe(seconds(3600));
});

test('another node of the same name is new', () => {
  const beats = createHeartbeats();
  beats.heard(node, undefined, 0);
  expect(beats.heard({ ...node, metadata: { ...node.metadata, uid: 'other' } }, undefined, 1).isNew).toBe(true);
  expect([beats.forget('n1'), beats.forget('n1')]).toEqual(['other', undefined]);
});
