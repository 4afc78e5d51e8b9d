import type { Mirrors } from './kubelet/index.ts';

/**
 * Mirrors that are known to hold what the Kubernetes primer uses, from places where Google's registries cannot be
 * reached: `preset:<name>` stands for them.
 */
const presets: { readonly [name: string]: readonly string[] } = {
  primer: [
    'k8s.gcr.io=registry.cn-hangzhou.aliyuncs.com/google_containers',
    'registry.k8s.io=registry.cn-hangzhou.aliyuncs.com/google_containers',
    // gcr.io/google-samples/node-hello is anjia0532/google-samples.node-hello on Docker Hub.
    'gcr.io=anjia0532/{dotted}',
  ],
};

const host = /^[a-z0-9]+([.-]+[a-z0-9]+)*(:\d+)?$/;
const place = /^[a-z0-9]+([.-]+[a-z0-9]+)*(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;

/** `gcr.io=a.example/gcr,gcr.io=b.example,preset:primer`: what is wrong with it. */
export function faultInMirrors(text: string): string | undefined {
  for (const item of itemsOf(text)) {
    const preset = /^preset:(.*)$/.exec(item)?.[1];
    if (preset !== undefined) {
      if (!Object.hasOwn(presets, preset))
        return `names a preset there is not: ${JSON.stringify(preset)} (there is ${Object.keys(presets).join(', ')})`;
      continue;
    }
    const [prefix = '', target = '', ...more] = item.split('=');
    const [registry = ''] = prefix.split('/');
    const isRegistry = host.test(registry) && (/[.:]/.test(registry) || registry === 'localhost');
    if (!isRegistry || !place.test(prefix) || target === '' || more.length > 0)
      return 'must be a list such as gcr.io=mirror.example/gcr,docker.io=mirror.example or preset:primer';
    if (!place.test(target.replace('{dotted}', 'x')))
      return `names no place for images: ${JSON.stringify(target)} (it is one like mirror.example/path; {dotted} in it stands for the rest of the name with dots)`;
  }
  return undefined;
}

/** A text without fault, read. Several targets of one prefix are asked in their order. */
export function mirrorsFrom(text: string): Mirrors {
  const byPrefix = new Map<string, string[]>();
  for (const item of itemsOf(text).flatMap((it) => presets[/^preset:(.*)$/.exec(it)?.[1] ?? ''] ?? [it])) {
    const [prefix = '', target = ''] = item.split('=');
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), target]);
  }
  return [...byPrefix].map(([prefix, targets]) => ({ prefix, targets }));
}

/** A mapping of a configuration file, prefix → target or list of targets, as the flag would have it. */
export const mirrorsText = (mapping: object): string =>
  Object.entries(mapping)
    .flatMap(([prefix, targets]) => (Array.isArray(targets) ? targets : [targets]).map((it) => `${prefix}=${String(it)}`))
    .join(',');

const itemsOf = (text: string): string[] =>
  text
    .split(',')
    .map((it) => it.trim())
    .filter((it) => it !== '');
