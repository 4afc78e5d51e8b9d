import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { readYamlDocuments } from '../../src/meta/read/yaml.ts';

const recipes = readdirSync('docker/images').map(
  (name) => JSON.parse(readFileSync(`docker/images/${name}/image.json`, 'utf8')) as { tags: string[] },
);
const images = recipes.map((it) => it.tags[0] as string);

let engine: Server | undefined;
afterEach(() => {
  engine?.closeAllConnections();
  engine?.close();
});

/** An engine without images, whose registries behave as told; its machine is of another kind, so that nothing is built. */
async function engineWith(
  pull: (name: string) => { status: number; text: string } | 'silence',
  has: (name: string) => boolean,
): Promise<string> {
  engine = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://engine');
    const send = (status: number, text: string): void => void response.writeHead(status).end(text);
    if (url.pathname === '/_ping') return send(200, 'OK');
    if (url.pathname === '/version') return send(200, JSON.stringify({ Arch: 'another' }));
    const inspected = /^\/images\/(.+)\/json$/.exec(url.pathname)?.[1];
    if (inspected) return has(inspected) ? send(200, '{}') : send(404, JSON.stringify({ message: `No such image: ${inspected}` }));
    if (url.pathname !== '/images/create') return send(404, '{}');
    const answer = pull(`${url.searchParams.get('fromImage')}:${url.searchParams.get('tag')}`);
    if (answer !== 'silence') send(answer.status, answer.text);
  });
  await new Promise<void>((resolve) => engine?.listen(0, '127.0.0.1', resolve));
  return `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`;
}

function run(dockerHost: string): Promise<{ code: number | null; lines: string[]; ms: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, ['docker/setup/images.mjs'], {
    env: { ...process.env, DOCKER_HOST: dockerHost, DOCKER_TLS_VERIFY: '' },
  });
  let text = '';
  child.stdout.on('data', (part) => (text += String(part)));
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ code, lines: text.trim().split('\n').sort(), ms: performance.now() - began })),
  );
}

test('images that are there are found at once', async () => {
  const { code, lines, ms } = await run(
    await engineWith(
      () => 'silence',
      () => true,
    ),
  );
  expect(code).toBe(0);
  expect(lines).toEqual(images.map((it) => `${it}: in the engine`).sort());
  expect(ms).toBeLessThan(2_000);
});

test('what a registry has is pulled', async () => {
  const asked: string[] = [];
  const pull = (name: string): { status: number; text: string } => {
    asked.push(name);
    return { status: 200, text: `{"status":"Pulling"}\n{"status":"Downloaded newer image for ${name}"}\n` };
  };
  const { lines } = await run(await engineWith(pull, (name) => /SNAPSHOT/.test(name)));
  expect(lines.filter((it) => / pulled in \d+\.\d s$/.test(it)).length).toBe(images.filter((it) => !it.includes('SNAPSHOT')).length);
  expect(asked.sort()).toEqual(images.filter((it) => !it.includes('SNAPSHOT')).sort());
});

// Where nothing can be built, a silent registry is waited for longer.
const canBuild = spawnSync('which', ['apt-get', 'dpkg-deb']).status === 0;

test.skipIf(!canBuild)('a registry that cannot be reached is asked once, one that is silent not for long', async () => {
  const asked: string[] = [];
  const host = await engineWith(
    (name) => {
      asked.push(name);
      if (name.startsWith('k8s.gcr.io/')) return 'silence';
      return {
        status: 500,
        text: JSON.stringify({ message: 'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host' }),
      };
    },
    () => false,
  );
  const { code, lines, ms } = await run(host);
  expect(code).toBe(1);
  expect(asked.length).toBe(2);
  expect(ms).toBeLessThan(10_000);
  const about = (name: string): string => lines.find((it) => it.startsWith(name)) ?? '';
  expect(about('redis')).toMatch(/^redis:5.0.4: MISSING. Not pulled: docker.io cannot be reached. Not built: packages here are for /);
  expect(about('k8s')).toContain('Not pulled: k8s.gcr.io cannot be reached.');
  expect(about('system')).toContain('Not pulled: no registry has it.');
});

test('every image that a demo names has a recipe', () => {
  const named = new Set<string>();
  const collect = (at: unknown): void => {
    if (typeof at !== 'object' || at === null) return;
    for (const [key, value] of Object.entries(at)) {
      if (key === 'image' && typeof value === 'string') named.add(value);
      else collect(value);
    }
  };
  for (const demo of readdirSync('manifests', { withFileTypes: true }).filter((it) => it.isDirectory()))
    for (const file of readdirSync(`manifests/${demo.name}`).filter((it) => it.endsWith('.yaml')))
      for (const document of readYamlDocuments(readFileSync(`manifests/${demo.name}/${file}`, 'utf8'))) collect(document);
  expect([...named].filter((it) => !recipes.some(({ tags }) => tags.includes(it)))).toEqual([]);
});

test('no two demos want the same name or node port', () => {
  const seen: string[] = [];
  for (const demo of readdirSync('manifests', { withFileTypes: true }).filter((it) => it.isDirectory())) {
    for (const file of readdirSync(`manifests/${demo.name}`).filter((it) => it.endsWith('.yaml') && it !== 'kustomization.yaml')) {
      for (const document of readYamlDocuments(readFileSync(`manifests/${demo.name}/${file}`, 'utf8'))) {
        const { kind, metadata, spec } = document as {
          kind: string;
          metadata: { name: string };
          spec?: { ports?: Array<{ nodePort?: number }> };
        };
        seen.push(
          `${kind}/${metadata.name}`,
          ...(spec?.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [`node port ${nodePort}`] : [])),
        );
      }
    }
  }
  expect(seen.filter((it, at) => seen.indexOf(it) !== at)).toEqual([]);
});
