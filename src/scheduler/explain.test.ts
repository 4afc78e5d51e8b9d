import { expect, test } from 'vitest';
import { aContext, aNode, anInfo, aPod, asking } from '../../test/fixtures/scheduler/objects.ts';
import { explain, explanation } from './explain.ts';

const nodes = [
  aNode('big', { room: 'cpu=8' }),
  aNode('full', { room: 'cpu=1' }),
  aNode('private', { taints: [{ key: 'team', effect: 'NoSchedule' }] }),
  aNode('small'),
];
const running = { full: [aPod('busy', { containers: [asking('cpu=900m')] })], big: [aPod('there', { containers: [asking('cpu=500m')] })] };

test('each node is refused by a filter, or has its points from each score', () => {
  const verdicts = explain(anInfo('web', { containers: [asking('cpu=500m memory=100Mi')] }), aContext({ nodes, running }));
  expect(verdicts.map((it) => [it.node, 'filter' in it ? `${it.filter}: ${it.reasons}` : 'fits'])).toEqual([
    ['big', 'fits'],
    ['small', 'fits'],
    ['full', 'NodeResourcesFit: Insufficient cpu'],
    ['private', 'TaintToleration: node(s) had untolerated taint(s)'],
  ]);
  const [best] = verdicts;
  if (!best || !('scores' in best)) throw new Error('the best fits');
  expect(best.scores.map(([name]) => name)).toContain('NodeResourcesBalancedAllocation');
  expect(best.scores.reduce((sum, [, points]) => sum + points, 0)).toBe(best.total);
});

test('a pod that has a node is judged as if it were to come', () => {
  const there = running.big[0];
  if (!there) throw new Error('no pod');
  const context = aContext({ nodes: [aNode('big', { room: 'cpu=1 pods=1' })], running: { big: [there] } });
  expect(explain(anInfo('there', { containers: [asking('cpu=500m')] }), context)[0]).toMatchObject({ filter: 'NodeResourcesFit' });
  const known = [...(context.cluster.node('big')?.pods.values() ?? [])][0];
  if (!known) throw new Error('not placed');
  expect(explain(known, context, 'big')[0]).toHaveProperty('total');
});

test('it reads as a table', () => {
  const text = explanation(explain(anInfo('web', { containers: [asking('cpu=3')] }), aContext({ nodes, running })));
  expect(text.split('\n').map((it) => it.trimEnd().slice(0, 48))).toEqual([
    'NODE      VERDICT   SCORE   WHY',
    expect.stringMatching(/^big {7}fits {6}\d+ {3,}TaintToleration=\d+ No/),
    'full      refused           NodeResourcesFit: In',
    'private   refused           TaintToleration: nod',
    'small     refused           NodeResourcesFit: In',
  ]);
});
