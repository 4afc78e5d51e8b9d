import { type Filter, final } from './plugin.ts';

const zoneLabels = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
];

/** A volume labelled with zones is reached from nodes of these zones. A node without any zone is not held to it. */
export const volumeZone: Filter = {
  name: 'VolumeZone',
  wokenBy: ['node', 'claim', 'volume'],
  prepare({ claims }, { volumes }) {
    const wanted = claims.flatMap((key) => {
      const labels = volumes.volume(volumes.claim(key)?.spec?.volumeName ?? '')?.metadata.labels;
      return zoneLabels.flatMap((label) => (labels?.[label] ? [{ label, zones: labels[label].split('__') }] : []));
    });
    if (wanted.length === 0) return undefined;
    return {
      check({ labels }) {
        if (!zoneLabels.some((it) => labels[it] !== undefined)) return undefined;
        const isThere = wanted.every(({ label, zones }) => zones.includes(labels[label] ?? labels[newName(label)] ?? '\0'));
        return isThere ? undefined : final('node(s) had no available volume zone');
      },
    };
  },
};

const newName = (label: string): string => label.replace('failure-domain.beta.kubernetes.io', 'topology.kubernetes.io');
