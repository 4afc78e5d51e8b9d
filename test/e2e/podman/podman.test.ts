import { afterAll, describe, expect, test } from 'vitest';
import { configMap, type core, secret } from '../../../src/kinds/index.ts';
import { deepCopy } from '../../../src/meta/copy.ts';
import { type DockerNode, startDockerNode } from '../../fixtures/kubelet/docker-node.ts';
import { type Ended, type Podman, startPodman } from '../../fixtures/runtime/podman.ts';
import { type Case, cases, named } from './cases.ts';

// The same manifests here and there: what the containers say is compared, and where it differs `cases.ts` says why.
const node = (await startDockerNode('podman')) as DockerNode;
const podman = (node && (await startPodman('busybox:1.36'))) as Podman;
afterAll(async () => {
  podman?.close();
  await node?.close();
});
const namespace = 'default';

/** With every name that stands for the pod's own put in. */
const own = <T>(it: T, name: string): T => JSON.parse(JSON.stringify(deepCopy(it)).replaceAll(`"${named}"`, `"${name}"`)) as T;

const specOf = (it: Case): core.PodSpec => ({
  restartPolicy: 'Never',
  ...it.spec,
  containers: [{ name: 'app', image: 'busybox:1.36', command: ['sh', '-c', it.says], ...it.container }],
});

async function here(it: Case, name: string): Promise<Ended> {
  for (const { kind, data } of it.also ?? [])
    await node.client.create(kind === 'Secret' ? secret : configMap, { metadata: { name, namespace }, data });
  await node.create(name, own(specOf(it), name), { ...it.metadata });
  await node.line(name, /^(Succeeded|Failed)/, 60_000);
  const ended = (await node.get(name))?.status?.containerStatuses?.[0]?.state?.terminated;
  const output = (await node.docker('logs', await node.containerId(name, 'app'))).trim();
  await node.remove(name, 0);
  return { exitCode: ended?.exitCode ?? -1, output };
}

/** What podman refuses to run ends with what it says about that. */
function there(it: Case, name: string): Promise<Ended> {
  const also = (it.also ?? []).map(({ kind, data }) => ({ apiVersion: 'v1', kind, metadata: { name }, data }));
  const itself = { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...it.metadata }, spec: own(specOf(it), name) };
  return podman.play(name, [...also, itself]).catch((error: Error) => ({ exitCode: -1, output: error.message }));
}

const compared = podman ? describe.concurrent : describe.skip;
compared('a pod says the same under podman kube play', { retry: 0 }, () => {
  for (const [i, it] of cases.entries()) {
    const difference = it.podman ? ` (but: ${it.podman.why})` : '';
    test(`${it.fields}${difference}`, async () => {
      const name = `case-${i}`;
      const [ours, theirs] = await Promise.all([here(it, name), there(it, name)]);
      if (it.podman) {
        expect(theirs.output).toMatch(it.podman.says);
        expect(ours.output, 'no longer different: the remark can go').not.toBe(theirs.output);
      } else expect(ours).toEqual(theirs);
    });
  }
});
