import type { core } from '../kinds/index.ts';
import { envSourceNames } from './env/env.ts';
import { containersOf } from './restart.ts';

export type References = { configMaps: ReadonlySet<string>; secrets: ReadonlySet<string> };

/** The ConfigMaps and Secrets of its namespace that a pod is made from, by variables and by volumes. */
export function referencesOf(pod: core.Pod): References {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  for (const { container } of containersOf(pod)) {
    const names = envSourceNames(container);
    for (const it of names.configMaps) configMaps.add(it);
    for (const it of names.secrets) secrets.add(it);
  }
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.configMap?.name) configMaps.add(volume.configMap.name);
    if (volume.secret?.secretName) secrets.add(volume.secret.secretName);
    for (const source of volume.projected?.sources ?? []) {
      if (source.configMap?.name) configMaps.add(source.configMap.name);
      if (source.secret?.name) secrets.add(source.secret.name);
    }
  }
  for (const it of pod.spec.imagePullSecrets ?? []) if (it.name) secrets.add(it.name);
  return { configMaps, secrets };
}
