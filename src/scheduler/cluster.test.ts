import { expect, test } from 'vitest';
import { aContext, aNode, anInfo, asking } from '../../test/fixtures/scheduler/objects.ts';
import { normalImage } from './node-info.ts';

const big = (name: string) => anInfo(name, { containers: [asking('cpu=1', { ports: [{ containerPort: 1, hostPort: 80 }] })] });
const cpu = (context: ReturnType<typeof aContext>, node: string) => context.cluster.node(node)?.requested.get('cpu') ?? 0;

test('a pod counts where it was seen last, once', () => {
  const context = aContext({ nodes: [aNode('n1'), aNode('n2')] });
  const { cluster } = context;
  cluster.assume(big('a'), 'n1');
  cluster.place(big('a'), 'n1');
  expect(cpu(context, 'n1')).toBe(1000);
  cluster.place(big('a'), 'n2');
  expect([cpu(context, 'n1'), cpu(context, 'n2')]).toEqual([0, 1000]);
  expect(cluster.node('n1')?.isTaken({ address: '0.0.0.0', protocol: 'TCP', port: 80 })).toBe(false);
  cluster.remove('uid-a');
  expect([cpu(context, 'n2'), cluster.node('n2')?.pods.size]).toEqual([0, 0]);
});

test('forgetting what was assumed leaves what was seen', () => {
  const context = aContext({ nodes: [aNode('n1')] });
  context.cluster.assume(big('a'), 'n1');
  context.cluster.forget('uid-a');
  expect(cpu(context, 'n1')).toBe(0);
  context.cluster.assume(big('b'), 'n1');
  context.cluster.place(big('b'), 'n1');
  context.cluster.forget('uid-b');
  expect(cpu(context, 'n1')).toBe(1000);
});

test('pods of a node that is not known yet count when it comes', () => {
  const context = aContext({ nodes: [] });
  context.cluster.place(big('a'), 'n1');
  expect([context.cluster.nodes.length, context.cluster.node('n1')]).toEqual([0, undefined]);
  context.cluster.setNode(aNode('n1'));
  expect([context.cluster.nodes.length, cpu(context, 'n1')]).toEqual([1, 1000]);
  context.cluster.removeNode('n1');
  expect(context.cluster.nodes).toEqual([]);
});

test('an image without a tag is the latest', () => {
  expect(['a', 'r:5000/a', 'r:5000/a:1', 'a@sha256:00'].map(normalImage)).toEqual([
    'a:latest',
    'r:5000/a:latest',
    'r:5000/a:1',
    'a@sha256:00',
  ]);
});
