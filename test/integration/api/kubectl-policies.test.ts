import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';
import { type Kubectl, kubectlOf } from '../../fixtures/cluster/kubectl.ts';
import { kubectls } from '../../fixtures/kubectl.ts';

let server: TestApi;
let kubectl: Kubectl;
beforeAll(async () => {
  server = await openTestApi();
  kubectl = kubectlOf(kubectls().at(-1)?.path ?? 'kubectl', server.kubeconfig);
});
afterAll(() => server.close());

test.skipIf(kubectls().length === 0)('kubectl creates, lists and describes quotas, limits, budgets and priorities', async () => {
  await kubectl.ok(['create', 'quota', 'tight', '--hard=pods=3,requests.cpu=1']);
  expect(await kubectl.ok(['get', 'quota', 'tight'])).toMatch(/^NAME +REQUEST +LIMIT +AGE\ntight /);
  await kubectl.ok(['create', 'quota', 'poor', '--hard=pods=1', '--scopes=BestEffort']);
  expect(await kubectl.ok(['describe', 'quota', 'poor'])).toContain('BestEffort');

  const limits = `{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"range"},"spec":{"limits":[{"type":"Container","max":{"cpu":"2"}}]}}`;
  await kubectl.ok(['create', '-f', '-'], { input: limits });
  expect(await kubectl.ok(['get', 'limits'])).toMatch(/^NAME +CREATED AT\nrange +20/);
  expect(await kubectl.ok(['describe', 'limits', 'range'])).toMatch(/Container +cpu +- +2 +2 +2 +-/);

  await kubectl.ok(['create', 'pdb', 'few', '--selector=app=web', '--min-available=50%']);
  expect(await kubectl.ok(['get', 'pdb'])).toMatch(/^NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS +AGE\nfew +50% +N\/A +0 /);
  expect(await kubectl.ok(['describe', 'pdb', 'few'])).toContain('Selector:       app=web');

  await kubectl.ok(['create', 'priorityclass', 'high', '--value=1000', '--description=for us']);
  const listed = await kubectl.ok(['get', 'priorityclasses']);
  expect(listed).toMatch(/^NAME +VALUE +GLOBAL-DEFAULT +AGE +PREEMPTIONPOLICY\nhigh +1000 +false +\S+ +PreemptLowerPriority\n/);
  expect(listed).toMatch(/system-node-critical +2000001000 +false/);
});
