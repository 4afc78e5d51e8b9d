import { expect, test } from 'vitest';
import { parseReference, type Reference } from './reference.ts';

const hash = `sha256:${'a'.repeat(64)}`;
const names: Array<[name: string, want: Reference]> = [
  ['web', { registry: 'docker.io', path: 'library/web' }],
  ['web:1.2', { registry: 'docker.io', path: 'library/web', tag: '1.2' }],
  ['team/web', { registry: 'docker.io', path: 'team/web' }],
  ['index.docker.io/web', { registry: 'docker.io', path: 'library/web' }],
  ['localhost/web', { registry: 'localhost', path: 'web' }],
  ['127.0.0.1:5000/team/web:1', { registry: '127.0.0.1:5000', path: 'team/web', tag: '1' }],
  [`k8s.gcr.io/a/b/c@${hash}`, { registry: 'k8s.gcr.io', path: 'a/b/c', digest: hash }],
  [`r.io/a:1@${hash}`, { registry: 'r.io', path: 'a', tag: '1', digest: hash }],
];
for (const [name, want] of names) test(`${name} is a name`, () => expect(parseReference(name)).toEqual(want));

const faults: Array<[name: string, fault: string]> = [
  ['Web', 'invalid reference format: repository name (library/Web) must be lowercase'],
  ['No/Name', 'invalid reference format: repository name (Name) must be lowercase'],
  ['http://r.io/web', 'invalid reference format'],
  ['web:', 'invalid reference format'],
  ['web:a b', 'invalid reference format'],
  ['a//b', 'invalid reference format'],
  ['web@sha256:1', 'invalid reference format'],
  ['a'.repeat(64), `invalid repository name (${'a'.repeat(64)}), cannot specify 64-byte hexadecimal strings`],
];
for (const [name, fault] of faults) test(`${name} is none`, () => expect(parseReference(name)).toEqual({ fault }));
