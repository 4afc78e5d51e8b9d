import { describe, expect, test } from 'vitest';
import type { apps, core } from '../../kinds/index.ts';
import { dataOf, planRevision, planTruncation, templateOf } from './revision.ts';

const template = (image: string): core.PodTemplateSpec => ({
  metadata: { labels: { app: 'web' } } as never,
  spec: { containers: [{ name: 'app', image, resources: {} }] },
});
const revision = (number: number, image: string, name = `web-${image}-${number}`): apps.ControllerRevision => ({
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  data: dataOf(template(image)),
  revision: number,
});

test('a revision is a patch that puts the template back, with its keys in order', () => {
  expect(
    JSON.stringify(
      dataOf({ spec: { containers: [{ name: 'app', image: 'a', resources: {} }] }, metadata: { labels: { app: 'web' } } as never }),
    ),
  ).toBe(
    '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"image":"a","name":"app","resources":{}}]}}}}',
  );
  expect(templateOf(revision(1, 'a'))).toEqual(template('a'));
  expect(templateOf({ ...revision(1, 'a'), data: { other: true } })).toBeUndefined();
});

describe('the revision of a template', () => {
  const cases: Array<[name: string, revisions: apps.ControllerRevision[], found: string | undefined, number: number]> = [
    ['is the first', [], undefined, 1],
    ['is there', [revision(1, 'a')], 'web-a-1', 1],
    ['is the next', [revision(1, 'b'), revision(4, 'c')], undefined, 5],
    ['is the newest', [revision(1, 'b'), revision(2, 'a')], 'web-a-2', 2],
    ['comes back', [revision(1, 'a'), revision(2, 'b')], 'web-a-1', 3],
    ['is the newer of two', [revision(1, 'a'), revision(3, 'a'), revision(2, 'b')], 'web-a-3', 3],
    ['is not one that somebody else made for something else', [{ ...revision(1, 'a'), data: {} }], undefined, 2],
  ];
  test.each(cases)('%s', (_, revisions, found, number) => {
    const plan = planRevision(template('a'), revisions);
    expect([plan.found?.metadata.name, plan.number]).toEqual([found, number]);
  });
});

test('the oldest go, but for those in use', () => {
  const all = [revision(3, 'c'), revision(1, 'a'), revision(2, 'b'), revision(4, 'd')];
  const gone = (limit: number, ...live: string[]) => planTruncation(all, new Set(live), limit).map((it) => it.revision);
  expect([gone(2), gone(0), gone(9), gone(1, 'web-a-1', 'web-d-4'), gone(0, 'web-a-1')]).toEqual([
    [1, 2],
    [1, 2, 3, 4],
    [],
    [2],
    [2, 3, 4],
  ]);
});
