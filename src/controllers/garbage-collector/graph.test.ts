import { expect, test } from 'vitest';
import { configMapOf } from '../../../test/fixtures/controllers/objects.ts';
import { configMap } from '../../kinds/index.ts';
import { Graph } from './graph.ts';

const owned = (name: string, ...owners: string[]) =>
  configMapOf(name, { ownerReferences: owners.map((uid) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid })) });

test('dependents are known before their owner is, follow changes of references, and are forgotten', () => {
  const graph = new Graph();
  graph.put(configMap, owned('a', 'x', 'y'));
  graph.put(configMap, owned('b', 'x'));
  expect([graph.dependentsOf('x'), graph.dependentsOf('y'), graph.dependentsOf('z')]).toEqual([['uid-a', 'uid-b'], ['uid-a'], []]);
  expect(graph.place('uid-a')).toEqual({ kind: configMap, key: 'default/a' });
  graph.put(configMap, owned('a', 'z'));
  graph.remove('uid-b');
  expect([graph.dependentsOf('x'), graph.dependentsOf('y'), graph.dependentsOf('z')]).toEqual([[], [], ['uid-a']]);
  graph.put(configMap, configMapOf('a'));
  expect([graph.dependentsOf('z'), graph.place('uid-b')]).toEqual([[], undefined]);
});
