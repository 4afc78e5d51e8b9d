import { expect, test } from 'vitest';
import { type Mirrors, namesAtMirrors } from './mirrors.ts';
import { parseReference } from './reference.ts';

const mirrors: Mirrors = [
  { prefix: 'k8s.gcr.io', targets: ['ali.example/google_containers', 'second.example'] },
  { prefix: 'gcr.io', targets: ['hub/{dotted}'] },
  { prefix: 'gcr.io/special', targets: ['special.example/x'] },
  { prefix: 'docker.io', targets: ['dock.example'] },
];
const hash = `sha256:${'a'.repeat(64)}`;
const cases: Array<[name: string, want: string[]]> = [
  ['k8s.gcr.io/echoserver:1.4', ['ali.example/google_containers/echoserver:1.4', 'second.example/echoserver:1.4']],
  ['k8s.gcr.io/a/b', ['ali.example/google_containers/a/b:latest', 'second.example/a/b:latest']],
  ['gcr.io/google-samples/node-hello:1.0', ['hub/google-samples.node-hello:1.0']],
  ['gcr.io/special/a:1', ['special.example/x/a:1']],
  ['gcr.io/specials/a:1', ['hub/specials.a:1']],
  [`k8s.gcr.io/pause@${hash}`, [`ali.example/google_containers/pause@${hash}`, `second.example/pause@${hash}`]],
  ['redis', ['dock.example/library/redis:latest']],
  ['quay.io/a', []],
];
for (const [name, want] of cases)
  test(name, () => {
    const reference = parseReference(name);
    expect('fault' in reference ? reference : namesAtMirrors(reference, mirrors)).toEqual(want);
  });
